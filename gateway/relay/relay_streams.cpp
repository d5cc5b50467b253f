// Answers that come piece by piece: what workers say of them, how much they may send, and their
// end.
#include <utility>

#include <spdlog/spdlog.h>

#include "gateway/relay/relay.hpp"
#include "proto/limits.hpp"
#include "proto/request_id.hpp"

namespace typhon::relay {

/// The caller has its answer's head; from now on no deadline but the client's patience counts, and
/// no other worker gets the request.
void Relay::on_begin(Pending& pending, const proto::Reply& reply, const FrameHold& frame) {
    become_slow(pending);
    pending.drop_tail();
    Call* call = std::exchange(pending.call, nullptr);
    if (call == nullptr) {
        send_cancel(pending);  // a function could not be cancelled, its stream can
        return;
    }
    call->error = proto::ErrorCode::none;
    call->reply = reply;
    call->frame = frame;
    const bool switches = reply.status == 101 && call->websocket && reply.body.empty();
    if (!switches && (reply.status < 200 || reply.status > 599)) {
        call->error = proto::ErrorCode::bad_reply;
        give_up(pending);
    } else {
        pending.expiry_hook.unlink();
        pending.window = proto::kStreamWindow - reply.body.size();
        pending.stream = std::make_shared<ReplyStream>(*loops_[pending.loop], pending, pending.id);
        call->stream = pending.stream;
        if (pending.worker->draining) {
            pending.stream->retire();
        }
    }
    hand_back(*call, pending.loop);
}

void Relay::on_chunk(WorkerLinkState& link, const proto::Chunk& chunk) {
    Pending* pending = link.find(chunk.slot, chunk.id);
    if (pending == nullptr || pending->stream == nullptr) {
        return;  // the client has left
    }
    if (chunk.bytes.size() > pending->window) {
        spdlog::error("worker {} sent more of request {} than it may; the answer is cut off",
                      link.pid,
                      proto::request_name(pending->id, pending->given_id));
        give_up(*pending);
        return;
    }
    pending->window -= chunk.bytes.size();
    pending->stream->append(chunk.bytes);
}

void Relay::on_end(WorkerLinkState& link, const proto::End& ended) {
    Pending* pending = link.find(ended.slot, ended.id);
    if (pending == nullptr) {
        return;
    }
    pending->route->run_time.add(ended.run_us);
    ++link.served;
    release(*pending, link);
    if (pending->stream != nullptr) {
        pending->stream->close(
            ended.whole ? ReplyStream::State::finished : ReplyStream::State::failed, ended.run_us);
    }
    finish(*pending, proto::ErrorCode::bad_reply);  // an END without a BEGIN
    end(*pending);
}

/// A stream holds its thread or task for long.
void Relay::become_slow(Pending& pending) {
    if (pending.credit == CreditClass::quick) {
        --quick_running_;
        ++other_running_;
        pending.worker->become_slow(pending);
    }
}

/// Nobody wants the rest of a stream. Its handler is to end within the time that its route has.
void Relay::give_up(Pending& pending) {
    close_both(pending);
    send_cancel(pending);
    restart_deadline(pending);
}

/// From now on it has all the time of its route.
void Relay::restart_deadline(Pending& pending) {
    const std::uint32_t timeout = timeout_ms(pending);
    pending.deadline = proto::Deadline::after(Milliseconds(timeout));
    pending.expiry_hook.unlink();
    expiry_.add(pending, timeout);
}

void Relay::grant(ReplyStream& stream, std::uint32_t bytes) {
    Pending& pending = stream.pending();
    if (pending.stream.get() == &stream && pending.worker != nullptr) {
        pending.window += bytes;
        proto::encode(proto::Credit{pending.id, bytes}, pending.worker->outgoing);
        say(*pending.worker);
    }
}

/// What its worker still sends is dropped, and nothing keeps it from sending it. Its handler is to
/// end within the time that its route has.
void Relay::leave(ReplyStream& stream) {
    Pending& pending = stream.pending();
    if (pending.stream.get() != &stream || pending.worker == nullptr) {
        return;
    }
    proto::encode(proto::Credit{pending.id, proto::kStreamWindow}, pending.worker->outgoing);
    say(*pending.worker);
    std::exchange(pending.stream, nullptr)->close(ReplyStream::State::failed);
    restart_deadline(pending);
}

void Relay::abandon(ReplyStream& stream) {
    cancel_pending(stream.pending(), stream.id());
}

}  // namespace typhon::relay
