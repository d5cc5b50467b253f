// How requests end that get no reply: failed, expired, given up by their client, recalled.
#include <utility>

#include "gateway/relay/relay.hpp"
#include "proto/codec.hpp"

namespace typhon::relay {

/// Sets the outcome of a call that gets no reply. The slot of a dispatched request stays held until
/// its reply.
void Relay::finish(Pending& pending, proto::ErrorCode code) {
    close_both(pending);
    Call* call = std::exchange(pending.call, nullptr);
    if (call == nullptr) {
        return;
    }
    if (pending.worker != nullptr) {
        pending.drop_tail();
    }
    call->error = code;
    if (proto::error_info(code).retryable) {
        call->retry_after_s = retry_after_s_;
    }
    hand_back(*call, pending.loop);
}

/// The same for a request that is in no queue and no worker: it ends here.
void Relay::fail(Pending& pending, proto::ErrorCode code) {
    finish(pending, code);
    end(pending);
}

void Relay::end(Pending& pending) {
    --live_;
    close_both(pending);
    PendingPool::give_back(pending);
}

/// Nobody sends or wants the rest of its bodies; a stream that has finished stays so.
void Relay::close_both(Pending& pending) {
    if (auto stream = std::exchange(pending.stream, nullptr)) {
        stream->close(ReplyStream::State::failed);
    }
    close_body(pending);
}

void Relay::hand_back(Call& call, std::uint32_t loop) {
    done_[loop].push_back(&call);
    schedule_turn_end();
}

void Relay::expire(Pending& pending) {
    if (pending.queued) {
        queue_.remove(pending);
        fail(pending, proto::ErrorCode::deadline);
        return;
    }
    send_cancel(pending);
    become_slow(pending);
    pending.worker->mark_overdue(pending, clock_.at(proto::SteadyClock::now()));
    finish(pending, proto::ErrorCode::deadline);
}

void Relay::cancel(Call& call) {
    if (!call.finished && call.pending != nullptr) {
        cancel_pending(*call.pending, call.id);
    }
}

void Relay::cancel_pending(Pending& pending, std::uint64_t id) {
    if (pending.id != id) {
        return;  // it ended meanwhile
    }
    if (pending.stream != nullptr) {
        give_up(pending);
    }
    if (pending.call == nullptr) {
        return;
    }
    if (pending.queued) {
        queue_.remove(pending);
        fail(pending, proto::ErrorCode::client_left);
        return;
    }
    send_cancel(pending);
    finish(pending, proto::ErrorCode::client_left);
}

void Relay::send_cancel(const Pending& pending) {
    if (pending.worker != nullptr) {
        proto::encode(proto::Cancel{pending.id}, pending.worker->outgoing);
        say(*pending.worker);
    }
}

/// A request that has had a part of its body stays where it is.
void Relay::send_recall(Pending& pending) {
    if (pending.body != nullptr && !pending.body->revoke()) {
        return;
    }
    pending.recalled = true;
    proto::encode(proto::Recall{pending.id}, pending.worker->outgoing);
    say(*pending.worker);
}

void Relay::fail_all(proto::ErrorCode code) {
    end_waiting(code);
    for (auto& [identity, link] : links_) {
        for (Pending* pending : link->held()) {
            finish(*pending, code);
        }
    }
}

}  // namespace typhon::relay
