#include "pyworker/channel.hpp"

#include <array>
#include <memory>
#include <utility>

#include <poll.h>
#include <sched.h>

#include "proto/uninterrupted.hpp"

namespace typhon::worker {

namespace {

using proto::uninterrupted;

constexpr std::size_t kCopyBelow = std::size_t{64} * 1024;

/// Large batches are lent to ZeroMQ, small ones are cheaper to copy.
zmq::message_t make_message(std::string& batch) {
    if (batch.size() < kCopyBelow) {
        zmq::message_t copy(batch.data(), batch.size());
        batch.clear();
        return copy;
    }
    auto lent = std::make_unique<std::string>(std::exchange(batch, {}));
    char* data = lent->data();
    const std::size_t size = lent->size();
    const auto give_back = [](void*, void* hint) { delete static_cast<std::string*>(hint); };
    return zmq::message_t(data, size, give_back, lent.release());
}

bool has_message(const zmq::socket_t& socket) {
    const int events = uninterrupted([&] { return socket.get(zmq::sockopt::events); });
    return (events & ZMQ_POLLIN) != 0;
}

bool take_part(zmq::socket_t& socket, zmq::message_t& part, zmq::recv_flags flags) {
    return uninterrupted([&] { return socket.recv(part, flags); }).has_value();
}

/// poll(2) without sleeping until `until`, then with. It yields each time, so that whoever has work
/// gets the core.
int ask_until(proto::SteadyClock::time_point until, std::array<pollfd, 2>& waits) {
    while (proto::SteadyClock::now() < until) {
        if (const int fired = ::poll(waits.data(), waits.size(), 0); fired != 0) {
            return fired;
        }
        ::sched_yield();
    }
    return ::poll(waits.data(), waits.size(), -1);
}

}  // namespace

Channel::Channel(const std::string& endpoint, const std::string& identity)
    : socket_(context_, zmq::socket_type::dealer) {
    socket_.set(zmq::sockopt::routing_id, identity);
    socket_.set(zmq::sockopt::linger, 0);
    // The gateway bounds what is under way (credit), so ZeroMQ never has to block or drop.
    socket_.set(zmq::sockopt::sndhwm, 0);
    socket_.set(zmq::sockopt::rcvhwm, 0);
    uninterrupted([&] { socket_.connect(endpoint); });
    fd_ = socket_.get(zmq::sockopt::fd);
}

bool Channel::receive(zmq::message_t& batch) {
    // The descriptor is edge-triggered: it speaks again only after the events have been read.
    while (has_message(socket_)) {
        if (!take_part(socket_, batch, zmq::recv_flags::dontwait)) {
            continue;
        }
        if (!batch.more()) {
            return true;
        }
        while (batch.more() && take_part(socket_, batch, zmq::recv_flags::none)) {
            // no message of ours has a second frame: drop it whole
        }
    }
    return false;
}

bool Channel::receive_within(std::chrono::milliseconds patience, zmq::message_t& batch) {
    const auto end = proto::Deadline::after(patience);
    while (!receive(batch)) {
        if (end.passed()) {
            return false;
        }
        pollfd wait{fd_, POLLIN, 0};
        (void)::poll(&wait, 1, static_cast<int>(end.left_ms()) + 1);
    }
    return true;
}

void Channel::send(std::string& batch) {
    zmq::message_t message = make_message(batch);
    uninterrupted([&] { return socket_.send(message, zmq::send_flags::dontwait); });
}

void Channel::wait(std::chrono::microseconds spin) {
    std::array<pollfd, 2> waits{{{fd_, POLLIN, 0}, {wake_.fd(), POLLIN, 0}}};
    if (ask_until(proto::SteadyClock::now() + spin, waits) > 0 && waits[1].revents != 0) {
        wake_.clear();
    }
}

void Channel::close(std::chrono::milliseconds linger) {
    socket_.set(zmq::sockopt::linger, static_cast<int>(linger.count()));
    socket_.close();
    context_.close();
}

}  // namespace typhon::worker
