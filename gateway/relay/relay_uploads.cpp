// Request bodies that go to their workers piece by piece (proto/PROTOCOL.md, 5.8): pieces, credit,
// and the deadline, which moves on with them.
#include <utility>

#include "gateway/relay/relay.hpp"
#include "proto/limits.hpp"

namespace typhon::relay {

namespace {

/// The request that waits for a body by `stream`, in a worker; null when there is none any more.
Pending* held_by(const RequestStream& stream) {
    Pending* pending = stream.pending;
    return pending == nullptr || pending->worker == nullptr ? nullptr : pending;
}

}  // namespace

void Relay::send_piece(RequestStream& stream, std::string_view bytes) {
    Pending* pending = held_by(stream);
    if (pending == nullptr || stream.ended) {
        return;
    }
    stream.unread += bytes.size();
    proto::encode(proto::Chunk{pending->id, pending->slot, bytes}, pending->worker->outgoing);
    say(*pending->worker);
    move_on(*pending);
}

void Relay::end_pieces(RequestStream& stream, bool whole) {
    Pending* pending = held_by(stream);
    if (pending == nullptr || std::exchange(stream.ended, true)) {
        return;
    }
    proto::encode(proto::End{pending->id, pending->slot, 0, whole}, pending->worker->outgoing);
    say(*pending->worker);
    move_on(*pending);
}

/// A worker gets back what it was sent, and no more.
void Relay::on_credit(WorkerLinkState& link, const proto::Credit& credit) {
    const auto found = link.uploads.find(credit.id);
    if (found == link.uploads.end()) {
        return;  // the request has been answered meanwhile
    }
    Pending& pending = *found->second;
    RequestStream& stream = *pending.body;
    if (credit.bytes > stream.unread) {
        return refuse(refused_.misplaced, link.identity(), "credit for bytes that it was not sent");
    }
    if (std::exchange(pending.recalled, false)) {
        stream.open();  // the handler had started before the worker heard of the recall
    }
    stream.unread -= credit.bytes;
    stream.grant(credit.bytes);
    move_on(pending);
}

/// The request has been put into the batch of its worker.
void Relay::open_body(Pending& pending) {
    become_slow(pending);  // it holds its thread or task for as long as its client sends
    pending.worker->uploads.emplace(pending.id, &pending);
    pending.body->unread = 0;
    pending.body->open();
}

/// Nobody wants the rest of it.
void Relay::close_body(Pending& pending) {
    if (auto body = std::exchange(pending.body, nullptr)) {
        if (pending.worker != nullptr) {
            pending.worker->uploads.erase(pending.id);
        }
        body->pending = nullptr;
        body->close();
    }
}

/// The time of the request starts anew, while its caller waits.
void Relay::move_on(Pending& pending) {
    if (pending.call != nullptr) {
        restart_deadline(pending);
    }
}

}  // namespace typhon::relay
