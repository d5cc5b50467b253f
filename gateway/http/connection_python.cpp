// How a connection has the relay answer: packs the request, waits, writes the reply.
#include <optional>
#include <utility>

#include <poll.h>

#include "gateway/http/char_class.hpp"
#include "gateway/http/connection.hpp"
#include "gateway/http/scoped_pointer.hpp"
#include "proto/codec.hpp"
#include "proto/errors.hpp"

namespace typhon::http {

namespace {

constexpr std::size_t kMaxCopiedBody = 16U << 10;

bool is_forwarded(const Head& head, const Field& field) {
    const bool refused = field.kind == FieldKind::request_id && head.request_id().empty();
    return !is_hop_by_hop(field.kind) && field.kind != FieldKind::expect && !refused &&
           !head.connection_names(head.view(field.name));
}

/// The fields that concern the handler, as a header block; before them what is to be said of the
/// body, and the scheme when it is not http.
void write_header_block(const Head& head,
                        const Origin* origin,
                        const relay::Call& call,
                        std::string& out) {
    const bool streams = call.body != nullptr;
    const bool is_http = origin == nullptr || origin->scheme == kHttp;
    std::size_t count = (is_http ? 0 : 1) + (streams ? 1 : 0) + (call.websocket ? 1 : 0);
    for (const Field& field : head.fields()) {
        count += is_forwarded(head, field) ? 1 : 0;
    }
    proto::HeaderBlockWriter writer(out, count);
    if (streams) {
        writer.add(proto::kBodyField, proto::kBodyStreams);
    }
    if (call.websocket) {
        writer.add(proto::kWebSocketField, {});
    }
    if (!is_http) {
        writer.add(proto::kSchemeField, origin->scheme);
    }
    for (const Field& field : head.fields()) {
        if (is_forwarded(head, field)) {
            const bool told =
                field.kind == FieldKind::host && origin != nullptr && !origin->host.empty();
            writer.add(head.view(field.name), told ? origin->host : head.view(field.value));
        }
    }
}

ErrorAnswer error_answer(const relay::Call& call) {
    const proto::ErrorInfo& info = proto::error_info(call.error);
    return {.status = info.status,
            .text = info.text,
            .allow = call.allow,
            .retry_after_s = info.retryable ? std::max(call.retry_after_s, 1U) : 0};
}

}  // namespace

Task<void> Connection::serve_python() {
    if (!flush()) {
        co_await write_rest();
        if (!open()) {
            co_return;
        }
    }
    relay::Call call;
    const ScopedPointer noted(call_, call);
    begin_call(call);
    const auto conditions = head_->has_conditions() ? keep_conditions() : nullptr;
    co_await send_call(call);
    end_call(call);
    body_share_.reset();
    if (open()) {
        co_await write_reply(call, conditions.get());
    } else if (call.stream != nullptr) {
        state_->services.port.abandon(*call.stream);
    }
}

void Connection::begin_call(relay::Call& call) {
    call.id = exchange_.id;
    call.given_id = exchange_.given_id;
}

/// Hands the request to the relay and waits for the outcome. Not a coroutine itself, which would
/// cost a frame for each request.
Task<void> Connection::send_call(relay::Call& call) {
    state_->arm(*this, DeadlineKind::look);
    return asio::async_initiate<const asio::use_awaitable_t<LoopExecutor>, void()>(
        [this, &call](auto handler) {
            std::string client;
            const proto::Request request = pack_request(call, client);
            state_->services.port.send(call, request, std::move(handler));
            release_input();  // the relay has its own copy
        },
        kUseTask);
}

/// The outcome is there.
void Connection::end_call(const relay::Call& call) {
    call_ = nullptr;
    if (access_ != nullptr) {
        note_call(call);
    }
    DeadlineQueue::disarm(*this);
}

/// The request as it travels; its views point into the head, the scratch memory and `client`.
proto::Request Connection::pack_request(const relay::Call& call, std::string& client) {
    std::optional<Origin> told;  // no more than a branch where there is nothing to tell
    if (trusted_ || secured()) {
        told = origin();
    }
    write_header_block(*head_, told ? &*told : nullptr, call, state_->header_block);
    client = told ? told->peer.text() : peer_.text();
    proto::Request request;
    request.id = call.id;
    request.method = head_->method();
    request.path = head_->path();
    request.query = head_->query();
    request.client = client;
    request.headers = state_->header_block;
    request.body = body_view_;
    if (access_ != nullptr) {
        access_->asked = proto::SteadyClock::now();
    }
    return request;
}

Task<void> Connection::write_reply(relay::Call& call, const Conditions* conditions) {
    if (call.stream != nullptr) {
        co_await serve_reply_stream(call);
        co_return;
    }
    std::string coded;
    if (state_->options.compress && !call.options && call.error == proto::ErrorCode::none) {
        coded = co_await code_reply(call.reply);
        if (!open()) {
            co_return;
        }
    }
    const std::string_view body = coded.empty() ? call.reply.body : std::string_view(coded);
    settle_keep_alive();
    std::string& out = state_->output;
    if (call.options) {
        write_options(out, exchange_, call.allow, state_->date_line());
    } else if (call.error == proto::ErrorCode::client_left) {
        open_ = false;
    } else if (call.error != proto::ErrorCode::none) {
        write_error_answer(error_answer(call));
    } else if (!begin_reply(call.reply, body.size())) {
        const Step step = serve_named_file(call.reply, conditions);
        if (step != Step::answered) {
            co_await do_step(step);
        }
    } else if (sends_body(exchange_, call.reply.status)) {
        if (body.size() <= kMaxCopiedBody) {
            out += body;
        } else if (!send_with(body)) {
            call.frame.reset();  // the rest has been copied; the frame may hold other replies, too
            co_await write_rest();
        }
    }
}

void Connection::write_bad_reply() {
    const proto::ErrorInfo& info = proto::error_info(proto::ErrorCode::bad_reply);
    write_error_answer({.status = info.status, .text = info.text});
}

/// Appends the head of a reply. False, and nothing is appended, when it cannot be sent.
bool Connection::begin_reply(const proto::Reply& reply, std::size_t body_size) {
    if (!exchange_.cors.empty()) {
        yield_cors_to(reply);
    }
    std::string& out = state_->output;
    const std::size_t start = out.size();
    bool good = reply.status >= 200 && reply.status <= 599;
    AnswerHead head(out, exchange_, reply.status, state_->date_line());
    if (!reply.content_type.empty()) {
        good = good && head.handler_field("Content-Type", reply.content_type);
    }
    if (!good || !head.handler_fields(reply.headers)) {
        out.resize(start);
        return false;
    }
    if (reply.more) {
        head.end_without_length();
    } else {
        end_with_body(head, body_size);
    }
    return true;
}

/// True when the client has reset the connection or closed it both ways. A client that has only
/// finished sending still wants its answer.
bool Connection::client_is_gone() const {
    pollfd look{};
    look.fd = const_cast<ReadySocket&>(socket_).native_handle();
    return ::poll(&look, 1, 0) > 0 && (look.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

}  // namespace typhon::http
