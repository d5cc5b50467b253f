// What workers say to the relay, and what of it is refused. A worker is trusted with its own
// requests and with nothing else.
#include <utility>
#include <variant>

#include <spdlog/spdlog.h>

#include "gateway/relay/relay.hpp"
#include "proto/limits.hpp"

namespace typhon::relay {

void Relay::take(const Batch& batch) {
    auto found = links_.find(batch.identity);
    if (found == links_.end()) {
        take_expected();
        found = links_.find(batch.identity);
    }
    if (found == links_.end()) {  // of its identity nothing is written: it is the peer's own text
        return refuse(refused_.strangers, "a peer that nobody started", "not a word of it is read");
    }
    WorkerLinkState& link = *found->second;
    const TimePoint now = proto::SteadyClock::now();
    link.heard_at = clock_.at(now);
    link.silence_told = false;
    reader_.open(batch.bytes);
    while (auto envelope = reader_.next()) {
        const auto* reply = std::get_if<proto::Reply>(&*envelope);
        if (reply != nullptr && link.is_ready()) {
            on_reply(link, *reply, batch.frame);
        } else {
            take_other(link, *envelope);
        }
    }
    if (!reader_.fault().empty()) {
        refuse(refused_.malformed, link.identity(), reader_.fault());
    }
    drain_if_empty(link, now);
}

void Relay::take_other(WorkerLinkState& link, proto::Envelope& envelope) {
    if (const auto* chunk = std::get_if<proto::Chunk>(&envelope);
        chunk != nullptr && link.is_ready()) {
        on_chunk(link, *chunk);
    } else if (const auto* ended = std::get_if<proto::End>(&envelope);
               ended != nullptr && link.is_ready()) {
        on_end(link, *ended);
    } else if (const auto* credit = std::get_if<proto::Credit>(&envelope);
               credit != nullptr && link.is_ready()) {
        on_credit(link, *credit);
    } else if (const auto* ready = std::get_if<proto::Ready>(&envelope)) {
        on_ready(link, *ready);
    } else if (const auto* error = std::get_if<proto::StartError>(&envelope);
               error != nullptr && !link.is_ready()) {
        on_start_error(link, *error);
    } else if (auto* pong = std::get_if<proto::Pong>(&envelope);
               pong != nullptr && link.is_ready()) {
        link.last_pong = std::move(*pong);
        if (link.last_pong.leaving) {
            events_->on_leaving(link.identity());
        }
    } else if (!std::holds_alternative<proto::Bye>(envelope) || !link.is_ready()) {
        refuse(refused_.misplaced, link.identity(), "an envelope that is not for it to send now");
    }
}

void Relay::on_reply(WorkerLinkState& link, const proto::Reply& reply, const FrameHold& frame) {
    Pending* pending = link.find(reply.slot, reply.id);
    if (pending == nullptr) {  // a slot is only freed by the reply that this one would repeat
        return refuse(
            refused_.replies, link.identity(), "a reply to a request that it does not have");
    }
    if (reply.more) {
        return on_begin(*pending, reply, frame);
    }
    if (pending->recalled && pending->call != nullptr && !link.started(*pending)) {
        release(*pending, link);
        put_back(*pending);
        return;
    }
    RouteState& route = *pending->route;
    route.run_time.add(reply.run_us);
    ++link.served;
    release(*pending, link);
    if (Call* call = std::exchange(pending->call, nullptr)) {
        const bool valid = reply.status >= 200 && reply.status <= 599;
        call->error = valid ? proto::ErrorCode::none : proto::ErrorCode::bad_reply;
        call->reply = reply;
        call->frame = frame;
        hand_back(*call, pending->loop);
    }
    end(*pending);
}

void Relay::on_ready(WorkerLinkState& link, const proto::Ready& ready) {
    if (!link.accept(ready, clock_.at(proto::SteadyClock::now()))) {
        return refuse(refused_.greetings,
                      link.identity(),
                      "READY with a wrong token or protocol version, or a second one");
    }
    events_->on_ready(link.identity(), ready);
}

/// The worker waits for the answer before it exits, or its death would be heard of first.
void Relay::on_start_error(WorkerLinkState& link, const proto::StartError& error) {
    events_->on_start_error(link.identity(), error);
    proto::encode(proto::Drain{0}, link.outgoing);
    say(link);
}

/// Counts, and tells it as often as the log can bear.
void Relay::refuse(std::uint64_t& count, std::string_view who, std::string_view what) {
    ++count;
    if (const auto left_out = refusal_pace_.due()) {
        spdlog::error("refused from {}: {} ({} more refusals since the last such line)",
                      who,
                      what,
                      *left_out);
    }
}

}  // namespace typhon::relay
