// Which workers serve, and what becomes of their requests when they stop or die. What they say is
// in relay_take.cpp.
#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include "gateway/relay/relay.hpp"

namespace typhon::relay {

namespace {

constexpr std::size_t kLargeBatch = std::size_t{1} << 20;

}  // namespace

// ---- from the supervisor (any thread) ----

/// Known before the return: a loop that stands still may read READY before what was posted to it.
void Relay::expect(const std::string& identity,
                   const std::string& token,
                   std::shared_ptr<proto::Ledger> ledger) {
    auto link = std::make_unique<WorkerLinkState>(identity, token, std::move(ledger));
    {
        const std::lock_guard lock(expected_mutex_);
        expected_[identity] = std::move(link);
    }
    asio::post(*loops_[0], [this] { take_expected(); });
}

void Relay::serve_only(const std::vector<std::string>& identities) {
    asio::post(*loops_[0], [this, identities] { serve_links(identities); });
}

void Relay::drain(const std::string& identity, std::uint32_t left_ms) {
    asio::post(*loops_[0], [this, identity, left_ms] {
        const auto found = links_.find(identity);
        if (found == links_.end()) {
            return;
        }
        WorkerLinkState& link = *found->second;
        link.draining = true;
        link.drain_by = proto::Deadline::after(Milliseconds(left_ms));
        link.each([](Pending& pending) {
            if (pending.stream != nullptr) {
                pending.stream->retire();
            }
        });
        drain_if_empty(link, proto::SteadyClock::now());
    });
}

void Relay::forget(const std::string& identity) {
    asio::post(*loops_[0], [this, identity] {
        while (receive()) {  // replies that it sent before it died count
        }
        const auto found = links_.find(identity);
        if (found == links_.end()) {
            return;
        }
        const std::unique_ptr<WorkerLinkState> link = std::move(found->second);
        links_.erase(found);
        std::erase(serving_, link.get());
        std::erase(dirty_, link.get());
        pick_active();
        settle(*link);
        pump();
    });
}

void Relay::set_availability(Availability availability, std::uint32_t retry_after_s) {
    asio::post(*loops_[0], [this, availability, retry_after_s] {
        availability_ = availability;
        retry_after_s_ = retry_after_s;
        if (!active_.empty() || availability == Availability::waiting) {
            return;
        }
        end_waiting(refusal());
    });
}

// ---- on loop 0 ----

void Relay::take_expected() {
    const std::lock_guard lock(expected_mutex_);
    links_.merge(expected_);
}

void Relay::serve_links(const std::vector<std::string>& identities) {
    for (WorkerLinkState* link : serving_) {
        link->active = false;
    }
    serving_.clear();
    for (const auto& identity : identities) {
        const auto found = links_.find(identity);
        if (found != links_.end() && found->second->is_ready()) {
            found->second->active = true;
            serving_.push_back(found->second.get());
        }
    }
    pick_active();
    if (!serving_.empty() && (!table_.known() || table_.infos() != serving_.back()->routes)) {
        rematch_waiting();
    }
    pump();
}

/// A worker that is slow to answer gets requests only when all are.
void Relay::pick_active() {
    active_.clear();
    std::copy_if(
        serving_.begin(), serving_.end(), std::back_inserter(active_), [](const auto* link) {
            return !link->avoided;
        });
    if (active_.empty()) {
        active_ = serving_;
    }
}

/// The newest worker's table counts; what waits finds its route again, for a new table may lack or
/// move it.
void Relay::rematch_waiting() {
    std::vector<Pending*> waiting = table_.take_waiting();
    queue_.reset();
    try {
        table_.replace(serving_.back()->routes);
    } catch (const std::exception& error) {
        spdlog::error("the route table of worker {} is refused: {}",
                      serving_.back()->identity(),
                      error.what());
    }
    for (Pending* pending : waiting) {
        pending->queued = false;
        if (find_route(*pending)) {
            queue_.add(*pending);
        }
    }
    auto routes = table_.infos();
    auto rules = BodyRules::of(routes);
    const std::lock_guard lock(status_mutex_);
    published_routes_ = std::move(routes);
    body_rules_ = std::move(rules);
}

/// `link` has something to say at the end of this turn; at once when that is much, for bodies must
/// not pile up in a second copy.
void Relay::say(WorkerLinkState& link) {
    if (link.outgoing.size() >= kLargeBatch) {
        send_batch(link);
    } else if (!link.dirty) {
        link.dirty = true;
        dirty_.push_back(&link);
    }
    schedule_turn_end();
}

void Relay::settle(WorkerLinkState& link) {
    std::vector<Pending*> held = link.held();
    // Backwards, because each one then goes to the front of its queue at once.
    for (auto it = held.rbegin(); it != held.rend(); ++it) {
        Pending& pending = **it;
        const bool started = link.started(pending);
        release(pending, link);
        if (pending.call == nullptr || started) {
            fail(pending, proto::ErrorCode::worker_died);
        } else {
            put_back(pending);
        }
    }
}

/// What hangs is not waited for.
void Relay::drain_if_empty(WorkerLinkState& link, TimePoint now) {
    if (!link.draining || link.drain_sent) {
        return;
    }
    const bool empty = link.in_flight() == 0;
    const bool hopeless = !empty && link.alive(clock_.at(now), options_.hang_grace) == 0;
    if (!empty && !hopeless && !link.drain_by.passed(now)) {
        return;
    }
    link.drain_sent = true;
    proto::encode(proto::Drain{hopeless ? 0 : link.drain_by.left_ms(now)}, link.outgoing);
    say(link);
    events_->on_draining(link.identity());
}

void Relay::end_waiting(proto::ErrorCode code) {
    std::vector<Pending*> waiting = table_.take_waiting();
    queue_.reset();
    for (Pending* pending : waiting) {
        fail(*pending, code);
    }
}

}  // namespace typhon::relay
