#include "gateway/relay/router_socket.hpp"

#include <stdexcept>

#include <sys/stat.h>
#include <zmq.hpp>

#include "proto/limits.hpp"
#include "proto/uninterrupted.hpp"

namespace typhon::relay {

namespace {

using proto::uninterrupted;

bool send_part(zmq::socket_t& socket, zmq::message_t& part, zmq::send_flags flags) {
    return uninterrupted([&] { return socket.send(part, flags); }).has_value();
}

/// The next part of a message, without waiting; false when there is none.
bool take_part(zmq::socket_t& socket, zmq::message_t& part) {
    return uninterrupted([&] { return socket.recv(part, zmq::recv_flags::dontwait); }).has_value();
}

/// False when nothing can be received now.
bool has_message(const zmq::socket_t& socket) {
    const int events = uninterrupted([&] { return socket.get(zmq::sockopt::events); });
    return (events & ZMQ_POLLIN) != 0;
}

/// Whatever the umask: only the owner may connect.
void make_private(const std::string& endpoint) {
    constexpr std::string_view kIpc = "ipc://";
    if (!endpoint.starts_with(kIpc)) {
        return;
    }
    const std::string path = endpoint.substr(kIpc.size());
    if (::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) {
        throw std::runtime_error("the relay socket " + path + " cannot be made private");
    }
}

}  // namespace

struct RouterSocket::Sockets {
    zmq::context_t context{1};
    zmq::socket_t router{context, zmq::socket_type::router};
};

RouterSocket::RouterSocket(const std::string& endpoint) : sockets_(std::make_unique<Sockets>()) {
    auto& router = sockets_->router;
    router.set(zmq::sockopt::linger, 0);
    router.set(zmq::sockopt::router_mandatory, true);
    // Bounds are the relay's own (credit and queue), so ZeroMQ never has to refuse or drop.
    router.set(zmq::sockopt::sndhwm, 0);
    router.set(zmq::sockopt::rcvhwm, 0);
    router.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(proto::kMaxFrame));
    router.set(zmq::sockopt::heartbeat_ivl, 5000);
    router.set(zmq::sockopt::heartbeat_timeout, 30000);
    try {
        uninterrupted([&] { router.bind(endpoint); });
    } catch (const zmq::error_t& error) {
        throw std::runtime_error("cannot bind the relay socket " + endpoint + ": " + error.what());
    }
    make_private(endpoint);
    fd_ = router.get(zmq::sockopt::fd);
}

RouterSocket::~RouterSocket() = default;

bool RouterSocket::send(const std::string& identity, std::string_view bytes) {
    try {
        zmq::message_t name(identity.data(), identity.size());
        const auto flags = zmq::send_flags::sndmore | zmq::send_flags::dontwait;
        if (!send_part(sockets_->router, name, flags)) {
            return false;
        }
        zmq::message_t body(bytes.data(), bytes.size());
        return send_part(sockets_->router, body, zmq::send_flags::dontwait);
    } catch (const zmq::error_t&) {  // EHOSTUNREACH: the peer is gone
        return false;
    }
}

std::optional<Batch> RouterSocket::receive() {
    auto& router = sockets_->router;
    while (has_message(router)) {
        zmq::message_t name;
        auto body = std::make_shared<zmq::message_t>();
        if (!take_part(router, name)) {
            return std::nullopt;
        }
        if (!name.more() || !take_part(router, *body)) {
            continue;
        }
        if (body->more()) {  // no message of ours has a third frame
            ++misshapen_;
            zmq::message_t rest;
            while (take_part(router, rest) && rest.more()) {
            }
            continue;
        }
        const std::string_view bytes(static_cast<const char*>(body->data()), body->size());
        return Batch{name.to_string(), bytes, std::move(body)};
    }
    return std::nullopt;
}

}  // namespace typhon::relay
