// How a connection sends an answer that a worker makes piece by piece, as fast as the client reads.
#include <utility>

#include "gateway/http/chunk_writer.hpp"
#include "gateway/http/connection.hpp"
#include "gateway/http/scoped_pointer.hpp"
#include "gateway/relay/reply_stream.hpp"
#include "gateway/relay/stream_use.hpp"
#include "proto/limits.hpp"

namespace typhon::http {

namespace {

using State = relay::ReplyStream::State;

/// Bytes sent before the worker hears of it.
constexpr std::uint32_t kGrantStep = proto::kStreamWindow / 4;

}  // namespace

void Connection::StreamBody::append(std::string& out, std::string_view piece) const {
    if (chunked && !piece.empty()) {
        append_chunk(out, piece);
    } else {
        out += piece;
    }
}

Task<void> Connection::serve_reply_stream(relay::Call& call) {
    const std::shared_ptr<relay::ReplyStream> stream = call.stream;
    relay::StreamUse use(state_->services.loop, state_->services.port, stream);
    const StreamBody body{.chunked = !exchange_.http_1_0, .coder = plan_stream(call.reply)};
    exchange_.keep_alive = exchange_.keep_alive && body.chunked;
    settle_keep_alive();
    if (!begin_reply(call.reply, call.reply.body.size())) {
        write_bad_reply();
    } else if (sends_body(exchange_, call.reply.status)) {
        ungranted_ = 0;
        std::string first(call.reply.body);
        call.frame.reset();  // it may hold other replies, too, and the stream may last for hours
        co_await send_pieces(first, body);
        co_await pump_reply(*stream, body);
        if (open()) {
            use.finished();
        }
    }
}

/// Sends what comes; the connection is open afterwards when that was all. Otherwise it ends with
/// the body cut off, so that the client can tell (RFC 9112 section 8).
Task<void> Connection::pump_reply(relay::ReplyStream& stream, const StreamBody& body) {
    ScopedPointer noted(reply_stream_, stream);
    State state = State::running;
    std::string pieces;
    while (open()) {
        if (upload_ != nullptr) {
            pass_body();  // the request's body may go on
        }
        grant(stream);
        state = stream.take(pieces);
        if (!pieces.empty()) {
            co_await send_pieces(pieces, body);
        } else if (state == State::running && open()) {
            wait_for_piece();
            co_await stream.wait();
            DeadlineQueue::disarm(*this);
        } else {
            break;
        }
    }
    noted.reset();
    note_end_of(stream);
    cut_off_ = cut_off_ || (state == State::failed && open());
    if (state == State::finished && open()) {
        end_pieces(body);
    } else {
        open_ = false;
    }
}

void Connection::wait_for_piece() {
    if (upload_ != nullptr) {
        wait_for_body();
    } else {
        state_->arm(*this, DeadlineKind::look);
    }
}

/// `pieces` are empty afterwards, as long as the connection is open.
Task<void> Connection::send_pieces(std::string& pieces, const StreamBody& body) {
    ungranted_ += static_cast<std::uint32_t>(pieces.size());
    bool good = true;
    if (body.coder != nullptr) {  // GCC 12 goes wrong with a co_await behind &&
        good = co_await code_pieces(*body.coder, pieces);
    }
    if (!good) {
        cut_off();
    }
    if (!open()) {
        co_return;
    }
    body.append(state_->output, pieces);
    pieces.clear();
    if (!flush()) {
        co_await write_rest();
    }
}

void Connection::end_pieces(const StreamBody& body) {
    std::string rest;
    if (body.coder != nullptr && !body.coder->finish(rest)) {
        cut_off();
        return;
    }
    body.append(state_->output, rest);
    state_->output += body.chunked ? kLastChunk : std::string_view();
}

/// What has been sent makes room for more.
void Connection::grant(relay::ReplyStream& stream) {
    if (ungranted_ >= kGrantStep) {
        state_->services.port.grant(stream, std::exchange(ungranted_, 0));
    }
}

}  // namespace typhon::http
