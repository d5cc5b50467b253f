#include "gateway/relay/worker_link_state.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include <openssl/crypto.h>

#include "proto/codec.hpp"
#include "proto/limits.hpp"

namespace typhon::relay {

namespace {

bool same_secret(const std::string& a, const std::string& b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

WorkerLinkState::WorkerLinkState(std::string identity,
                                 std::string token,
                                 std::shared_ptr<proto::Ledger> ledger)
    : identity_(std::move(identity)),
      token_(std::move(token)),
      ledger_(std::move(ledger)),
      slots_(proto::kMaxInFlight) {
    free_slots_.reserve(proto::kMaxInFlight);
    for (std::uint32_t slot = proto::kMaxInFlight; slot > 0; --slot) {
        free_slots_.push_back(slot - 1);
    }
}

bool WorkerLinkState::accept(const proto::Ready& ready, proto::SteadyClock::time_point now) {
    if (ready_ || ready.version != proto::kProtocolVersion || !same_secret(ready.token, token_)) {
        return false;
    }
    ready_ = true;
    heard_at = now;
    pid = ready.pid;
    load.threads = std::max(ready.threads, 1U);
    load.async_capacity = ready.async_capacity;
    routes = ready.routes;
    last_pong.pool_pids = ready.pool_pids;
    return true;
}

std::uint32_t& WorkerLinkState::count(CreditClass credit) noexcept {
    if (credit == CreditClass::async) {
        return load.async;
    }
    return credit == CreditClass::quick ? load.quick : load.slow;
}

void WorkerLinkState::dispatch(Pending& pending, proto::SteadyClock::time_point now) {
    assert(!free_slots_.empty());
    pending.slot = free_slots_.back();
    free_slots_.pop_back();
    slots_[pending.slot] = &pending;
    pending.worker = this;
    ++count(pending.credit);
    proto::encode_request_head(pending.id, pending.slot, pending.deadline.left_ms(now), outgoing);
    outgoing += pending.tail;
}

Pending* WorkerLinkState::find(std::uint32_t slot, std::uint64_t id) const noexcept {
    if (slot >= slots_.size() || slots_[slot] == nullptr || slots_[slot]->id != id) {
        return nullptr;
    }
    return slots_[slot];
}

void WorkerLinkState::release(Pending& pending) {
    slots_[pending.slot] = nullptr;
    free_slots_.push_back(pending.slot);
    --count(pending.credit);
    pending.worker = nullptr;
    if (pending.body != nullptr) {
        uploads.erase(pending.id);
    }
}

void WorkerLinkState::become_slow(Pending& pending) noexcept {
    --count(pending.credit);
    pending.credit = CreditClass::slow;
    ++count(pending.credit);
}

void WorkerLinkState::mark_overdue(Pending& pending, proto::SteadyClock::time_point now) {
    pending.overdue_since = now;
    overdue.push_back(pending);
}

WorkerHealth WorkerLinkState::health(proto::SteadyClock::time_point now,
                                     Milliseconds hang_grace) const {
    WorkerHealth health;
    health.silent = std::chrono::duration_cast<Milliseconds>(now - heard_at);
    health.gil_age = Milliseconds(last_pong.gil_age_ms);
    health.threads = load.threads;
    health.async = load.async;
    for (const Pending& pending : overdue) {
        if (now - pending.overdue_since < hang_grace) {
            break;
        }
        ++(pending.credit == CreditClass::async ? health.hung_async : health.hung);
    }
    return health;
}

std::uint32_t WorkerLinkState::alive(proto::SteadyClock::time_point now,
                                     Milliseconds hang_grace) const {
    const WorkerHealth figures = health(now, hang_grace);
    return in_flight() - figures.hung - figures.hung_async;
}

Milliseconds WorkerLinkState::waiting(proto::SteadyClock::time_point now) {
    constexpr Milliseconds kStill{20};
    const std::uint32_t held = load.quick + load.slow;
    if (std::exchange(served_seen_, served) != served || held == 0) {
        moved_at_ = now;
        blocked_since_.reset();
    }
    if (!blocked_since_ && now - moved_at_ >= kStill) {
        each([&](const Pending& pending) {
            if (waits(pending, false)) {
                blocked_since_ = std::min(blocked_since_.value_or(now), pending.dispatched_at);
            }
        });
    }
    return std::chrono::duration_cast<Milliseconds>(now - blocked_since_.value_or(now));
}

bool WorkerLinkState::event_loop_waits(proto::SteadyClock::time_point now,
                                       Milliseconds patience) const {
    return std::any_of(slots_.begin(), slots_.end(), [&](const Pending* pending) {
        return pending != nullptr && now - pending->dispatched_at >= patience &&
               waits(*pending, true);
    });
}

std::vector<Pending*> WorkerLinkState::held() const {
    std::vector<Pending*> held;
    std::copy_if(slots_.begin(), slots_.end(), std::back_inserter(held), [](const Pending* p) {
        return p != nullptr;
    });
    std::sort(
        held.begin(), held.end(), [](const Pending* a, const Pending* b) { return a->id < b->id; });
    return held;
}

}  // namespace typhon::relay
