#include "gateway/relay/remote_port.hpp"

#include <string>
#include <utility>

#include <boost/asio/post.hpp>

#include "gateway/relay/relay.hpp"

namespace typhon::relay {

void RemotePort::submit(Call& call, const proto::Request& request) {
    Pending* pending = pool_.take();
    fill(*pending, call, request, loop_index_);
    if (outgoing_.empty()) {
        asio::post(loop_, [this] { hand_over(); });
    }
    outgoing_.push_back(pending);
}

void RemotePort::hand_over() {
    asio::post(relay_.loop(), [&relay = relay_, batch = std::exchange(outgoing_, {})]() mutable {
        for (Pending* pending : batch) {
            relay.admit(*pending);
        }
    });
}

void RemotePort::cancel(Call& call) {
    if (call.finished || call.pending == nullptr) {
        return;
    }
    // Posted after the batch that holds the request: loop 0 knows it by then, or knows that it
    // ended.
    asio::post(loop_, [this, pending = call.pending, id = call.id] {
        asio::post(relay_.loop(),
                   [&relay = relay_, pending, id] { relay.cancel_pending(*pending, id); });
    });
}

void RemotePort::grant(ReplyStream& stream, std::uint32_t bytes) {
    asio::post(relay_.loop(), [&relay = relay_, stream = stream.shared_from_this(), bytes] {
        relay.grant(*stream, bytes);
    });
}

void RemotePort::send_piece(RequestStream& stream, std::string_view bytes) {
    asio::post(relay_.loop(),
               [&relay = relay_, stream = stream.shared_from_this(), piece = std::string(bytes)] {
                   relay.send_piece(*stream, piece);
               });
}

void RemotePort::end_pieces(RequestStream& stream, bool whole) {
    asio::post(relay_.loop(), [&relay = relay_, stream = stream.shared_from_this(), whole] {
        relay.end_pieces(*stream, whole);
    });
}

BodyRule RemotePort::body_rule(std::string_view method, std::string_view raw_path) const {
    return relay_.body_rule(method, raw_path);
}

void RemotePort::leave(ReplyStream& stream) {
    asio::post(relay_.loop(),
               [&relay = relay_, stream = stream.shared_from_this()] { relay.leave(*stream); });
}

void RemotePort::abandon(ReplyStream& stream) {
    asio::post(relay_.loop(),
               [&relay = relay_, stream = stream.shared_from_this()] { relay.abandon(*stream); });
}

}  // namespace typhon::relay
