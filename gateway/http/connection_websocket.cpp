// How a connection becomes a WebSocket: the handler accepts the handshake, or answers it as any
// other request.
#include <optional>
#include <utility>

#include "gateway/http/char_class.hpp"
#include "gateway/http/connection.hpp"
#include "gateway/http/scoped_pointer.hpp"
#include "gateway/http/web_socket.hpp"
#include "gateway/http/websocket_handshake.hpp"
#include "gateway/http/websocket_records.hpp"
#include "proto/codec.hpp"

namespace typhon::http {

namespace {

/// The fields of a handler that go into the answer to a handshake; nothing when one of them could
/// split it. Of those of the protocol it chooses Sec-WebSocket-Protocol alone.
std::optional<WebSocket::Fields> answer_fields(std::string_view block, const Exchange& exchange) {
    WebSocket::Fields fields;
    std::string line;
    AnswerHead checked = AnswerHead::end_of(line, exchange, 101);
    proto::HeaderBlockReader reader(block);
    std::string_view name;
    std::string_view value;
    while (reader.next(name, value)) {
        line.clear();
        if (!checked.handler_field(name, value)) {
            return std::nullopt;
        }
        const FieldKind kind = field_kind(name);
        if (!line.empty() && kind != FieldKind::other && kind != FieldKind::condition) {
            continue;
        }
        const bool ours = equals_lower(name, "sec-websocket-accept") ||
                          equals_lower(name, "sec-websocket-extensions");
        if (!line.empty() && !ours) {
            fields.emplace_back(name, value);
        }
    }
    return reader.failed() ? std::nullopt : std::optional(std::move(fields));
}

}  // namespace

bool Connection::wants_websocket() const {
    return target_ == Target::python && asks_for_websocket(*head_);
}

relay::BodyRule Connection::websocket_rule() const {
    return state_->services.port.body_rule(proto::kWebSocketField, head_->path());
}

Connection::Step Connection::start_websocket() {
    const Fault fault = check_websocket_handshake(*head_);
    if (!fault) {
        return Step::websocket;
    }
    exchange_.keep_alive = false;
    unread_body_ = head_->framing() != Framing::none;
    write_error_answer({.status = fault.status, .text = fault.text});
    return Step::answered;
}

Task<void> Connection::serve_websocket() {
    if (!flush()) {
        co_await write_rest();
        if (!open()) {
            co_return;
        }
    }
    const std::string key(only_field(*head_, "sec-websocket-key"));
    const auto in = std::make_shared<relay::RequestStream>(state_->services.loop);
    relay::Call call;
    call.body = in;
    call.websocket = true;
    const ScopedPointer noted(call_, call);
    begin_call(call);
    co_await send_call(call);
    end_call(call);
    if (!open()) {
        if (call.stream != nullptr) {
            state_->services.port.abandon(*call.stream);
        }
    } else if (call.stream != nullptr && call.reply.status == 101) {
        co_await run_websocket(key, call);
    } else {
        co_await write_reply(call, nullptr);
    }
}

Task<void> Connection::run_websocket(std::string_view key, relay::Call& call) {
    exchange_.keep_alive = false;
    auto fields = answer_fields(call.reply.headers, exchange_);
    if (!fields) {
        write_bad_reply();
        state_->services.port.abandon(*call.stream);
        co_return;
    }
    call.frame.reset();  // it may hold other replies, too
    std::string_view date = state_->date_line();
    date = date.substr(6, date.size() - 8);
    fields->emplace_back("Date", date);
    WebSocket socket(
        {state_->services.loop, socket_, buffer_, state_->services.port, *call.body, *call.stream},
        state_->options.max_websocket_message);
    exchange_.written.status = 101;
    ScopedPointer noted(web_socket_, socket);
    state_->arm(*this, DeadlineKind::ping);
    if (state_->draining) {
        socket.close_soon(1001);
    }
    co_await socket.run(key, *fields);
    noted.reset();
    sent_ += socket.sent();
    note_end_of(*call.stream);
    DeadlineQueue::disarm(*this);
    timed_out_ = false;
    unread_body_ = true;  // the client may still be sending
}

void Connection::look_at_websocket() {
    if (web_socket_->look()) {
        state_->arm(*this, DeadlineKind::ping);
    } else {
        close();
    }
}

}  // namespace typhon::http
