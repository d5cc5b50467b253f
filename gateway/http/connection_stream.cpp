// How a connection sends an answer that a worker makes piece by piece, as fast as the client reads.
#include <utility>

#include "gateway/http/chunk_writer.hpp"
#include "gateway/http/connection.hpp"
#include "gateway/relay/reply_stream.hpp"
#include "proto/errors.hpp"
#include "proto/limits.hpp"

namespace typhon::http {

namespace {

using State = relay::ReplyStream::State;

/// Bytes sent before the worker hears of it.
constexpr std::uint32_t kGrantStep = proto::kStreamWindow / 4;

}  // namespace

Task<void> Connection::serve_reply_stream(const relay::Call& call) {
    const std::shared_ptr<relay::ReplyStream> stream = call.stream;
    const bool chunked = !exchange_.http_1_0;
    exchange_.keep_alive = exchange_.keep_alive && chunked;
    settle_keep_alive();
    if (!begin_reply(call.reply, call.reply.body.size())) {
        write_bad_reply();
    } else if (sends_body(exchange_, call.reply.status)) {
        append_piece(state_->output, call.reply.body, chunked);
        ungranted_ = static_cast<std::uint32_t>(call.reply.body.size());
        co_await pump_reply(*stream, chunked);
        co_return;
    }
    state_->services.port.abandon(*stream);
}

/// Sends what comes. The connection ends with a body that is cut off, so that the client can tell
/// (RFC 9112 section 8).
Task<void> Connection::pump_reply(relay::ReplyStream& stream, bool chunked) {
    reply_stream_ = &stream;
    if (!flush()) {
        co_await write_rest();
    }
    State state = State::running;
    std::string pieces;
    while (open()) {
        if (upload_ != nullptr) {
            pass_body();  // the request's body may go on
        }
        grant(stream);
        state = stream.take(pieces);
        if (!pieces.empty()) {
            co_await send_pieces(pieces, chunked);
        } else if (state == State::running && open()) {
            wait_for_piece();
            co_await stream.wait();
            DeadlineQueue::disarm(*this);
        } else {
            break;
        }
    }
    reply_stream_ = nullptr;
    if (access_ != nullptr && stream.run_us() != 0) {
        access_->handler = std::chrono::microseconds(stream.run_us());
    }
    cut_off_ = cut_off_ || (state == State::failed && open());
    if (state == State::finished && open()) {
        state_->output += chunked ? kLastChunk : std::string_view();
        co_return;
    }
    state_->services.port.abandon(stream);
    open_ = false;
}

void Connection::wait_for_piece() {
    if (upload_ != nullptr) {
        wait_for_body();
    } else {
        state_->arm(*this, DeadlineKind::look);
    }
}

Task<void> Connection::send_pieces(std::string& pieces, bool chunked) {
    ungranted_ += static_cast<std::uint32_t>(pieces.size());
    append_piece(state_->output, pieces, chunked);
    pieces.clear();
    if (!flush()) {
        co_await write_rest();
    }
}

void Connection::append_piece(std::string& out, std::string_view piece, bool chunked) {
    if (chunked && !piece.empty()) {
        append_chunk(out, piece);
    } else {
        out += piece;
    }
}

/// What has been sent makes room for more.
void Connection::grant(relay::ReplyStream& stream) {
    if (ungranted_ >= kGrantStep) {
        state_->services.port.grant(stream, std::exchange(ungranted_, 0));
    }
}

}  // namespace typhon::http
