// The relay's watch over the workers: it asks them, judges what it knows (worker_health.hpp), keeps
// requests away from those that are slow, and tells the supervisor which are to be replaced.
#include <algorithm>

#include <spdlog/spdlog.h>

#include "gateway/relay/relay.hpp"
#include "proto/request_id.hpp"

namespace typhon::relay {

namespace {

/// Requests that are named in the log when a worker hangs.
constexpr std::size_t kMostNamed = 16;
/// Less than that is spent on the way.
constexpr Milliseconds kRecallAfter{20};
constexpr Milliseconds kLoopPatience{30};
/// The supervisor may have failed to replace it.
constexpr Milliseconds kTellAgain{10'000};

std::uint32_t ms_since(proto::SteadyClock::time_point since, proto::SteadyClock::time_point now) {
    return static_cast<std::uint32_t>(
        std::max<std::int64_t>(std::chrono::duration_cast<Milliseconds>(now - since).count(), 0));
}

void name_hung(const WorkerLinkState& link, std::size_t count, WatchClock::TimePoint now) {
    for (const Pending& pending : link.overdue) {
        if (count-- == 0) {
            return;
        }
        spdlog::error("request {} of {} -> {} is {} ms past its deadline in worker {}, {}",
                      proto::request_name(pending.id, pending.given_id),
                      pending.route->info.pattern,
                      pending.route->info.name,
                      ms_since(pending.overdue_since, now),
                      link.pid,
                      link.started(pending) ? "and still runs" : "and did not start");
    }
}

}  // namespace

void Relay::watch_links(TimePoint now) {
    const bool ping = now - last_ping_ >= health_limits_.ping_interval;
    if (ping) {
        last_ping_ = now;
    }
    for (auto& [identity, link] : links_) {
        drain_if_empty(*link, now);
        if (!link->is_ready() || link->drain_sent) {
            continue;
        }
        if (ping) {
            proto::encode(proto::Ping{static_cast<std::uint64_t>(now.time_since_epoch().count())},
                          link->outgoing);
            say(*link);
        }
        watch(*link, now);
    }
}

void Relay::watch(WorkerLinkState& link, TimePoint steady_now) {
    const TimePoint now = clock_.at(steady_now);
    WorkerHealth health = link.health(now, options_.hang_grace);
    health.waiting = link.waiting(steady_now);
    const Verdict verdict = judge(health, health_limits_);
    if (link.avoided != (verdict != Verdict::sound)) {
        link.avoided = !link.avoided;
        pick_active();
        pump();
    }
    if (health.waiting.count() != 0 && verdict != Verdict::sound) {
        recall(link, false, steady_now);
    }
    watch_event_loop(link, steady_now);
    if (verdict == Verdict::silent && !link.silence_told) {
        link.silence_told = true;
        events_->on_silent(link.identity(), ms_since(link.heard_at, now));
    }
    const bool hangs = verdict == Verdict::stuck || verdict == Verdict::hung;
    if (!hangs) {
        link.told = link.overdue.empty() ? Verdict::sound : link.told;
    } else if (verdict > link.told || now - link.told_at >= kTellAgain) {
        tell_hang(link, verdict, health.hung + health.hung_async, now);
    }
}

/// An event loop that runs takes each request within milliseconds, so one that has waited for
/// longer waits for a handler that blocks it.
void Relay::watch_event_loop(WorkerLinkState& link, TimePoint now) {
    link.loop_blocked = link.load.async != 0 && link.event_loop_waits(now, kLoopPatience);
    if (link.loop_blocked) {
        recall(link, true, now);
    }
}

/// Asks for what the worker has not started, as far as another one would take it now. It answers
/// such a request without running it, and the ledger says so.
void Relay::recall(WorkerLinkState& link, bool async, TimePoint now) {
    link.each([&](Pending& pending) {
        if (pending.recalled || now - pending.dispatched_at < kRecallAfter ||
            !link.waits(pending, async)) {
            return;
        }
        const WorkerLinkState* other = choose(*pending.route);
        if (other != nullptr && other != &link && !other->avoided &&
            !(async && other->loop_blocked)) {
            send_recall(pending);
        }
    });
}

void Relay::tell_hang(WorkerLinkState& link,
                      Verdict verdict,
                      std::uint32_t requests,
                      TimePoint now) {
    const bool first = link.told == Verdict::sound;
    if (first) {
        name_hung(link, std::min<std::size_t>(requests, kMostNamed), now);
    }
    link.told = verdict;
    link.told_at = now;
    events_->on_hung(link.identity(),
                     {requests,
                      ms_since(link.overdue.front().overdue_since, now),
                      verdict == Verdict::stuck,
                      first});
}

}  // namespace typhon::relay
