// One worker start as the relay sees it: its connection, ledger slots, load and outgoing batch. It
// is not the process (supervisor/). Loop 0 only.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/relay/dispatch_policy.hpp"
#include "gateway/relay/pending.hpp"
#include "gateway/relay/worker_health.hpp"
#include "proto/deadline.hpp"
#include "proto/envelope.hpp"
#include "proto/ledger.hpp"

namespace typhon::relay {

class WorkerLinkState {
public:
    WorkerLinkState(std::string identity, std::string token, std::shared_ptr<proto::Ledger> ledger);

    /// Takes READY in; false when version or token is wrong, or READY was said before.
    [[nodiscard]] bool accept(const proto::Ready& ready, proto::SteadyClock::time_point now);

    /// Gives `pending` a slot and packs it into the outgoing batch. Only with credit and a free
    /// slot.
    void dispatch(Pending& pending, proto::SteadyClock::time_point now);

    /// The request that holds `slot`, or null when the slot does not hold `id`.
    [[nodiscard]] Pending* find(std::uint32_t slot, std::uint64_t id) const noexcept;

    /// Frees the slot of `pending`.
    void release(Pending& pending);

    /// A quick request that holds its thread counts as slow from now on.
    void become_slow(Pending& pending) noexcept;

    /// The deadline of `pending` has passed and its caller has been answered; `now` on the
    /// WatchClock.
    void mark_overdue(Pending& pending, proto::SteadyClock::time_point now);

    /// The requests in flight that have not been overdue for `hang_grace`; `now` on the WatchClock.
    [[nodiscard]] std::uint32_t alive(proto::SteadyClock::time_point now,
                                      Milliseconds hang_grace) const;

    /// What judge() wants to know; `now` on the WatchClock.
    [[nodiscard]] WorkerHealth health(proto::SteadyClock::time_point now,
                                      Milliseconds hang_grace) const;

    /// For how long requests have had to wait in it to be started, while none ended in it; 0: they
    /// need not. Of sync routes alone. `now` on the steady clock. Call it at each tick.
    [[nodiscard]] Milliseconds waiting(proto::SteadyClock::time_point now);

    /// A request, of an async route or of a sync one, that its caller waits for and that has not
    /// been started.
    [[nodiscard]] bool waits(const Pending& pending, bool async) const noexcept {
        return pending.call != nullptr && (pending.credit == CreditClass::async) == async &&
               !started(pending);
    }

    /// A request of an async route has waited in it for longer than `patience`.
    [[nodiscard]] bool event_loop_waits(proto::SteadyClock::time_point now,
                                        Milliseconds patience) const;

    /// Calls `visit(Pending&)` for each request that is dispatched and not answered.
    template <class Visit>
    void each(Visit visit) const {
        for (Pending* pending : slots_) {
            if (pending != nullptr) {
                visit(*pending);
            }
        }
    }

    /// The requests that are dispatched and not answered, in order of id.
    [[nodiscard]] std::vector<Pending*> held() const;

    [[nodiscard]] bool started(const Pending& pending) const noexcept {
        return ledger_->started(pending.slot, pending.id);
    }
    [[nodiscard]] bool slot_free() const noexcept { return !free_slots_.empty(); }
    [[nodiscard]] std::uint32_t in_flight() const noexcept {
        return load.quick + load.slow + load.async;
    }
    [[nodiscard]] const std::string& identity() const noexcept { return identity_; }
    [[nodiscard]] bool is_ready() const noexcept { return ready_; }

    WorkerLoad load;
    std::vector<proto::RouteInfo> routes;
    std::string outgoing;       // the batch of this loop turn
    bool dirty = false;         // in the relay's list of batches to send
    bool active = false;        // serves: the supervisor says so
    bool avoided = false;       // gets no request while another one is sound
    bool loop_blocked = false;  // gets no request of an async route while another one's is not
    bool draining = false;
    bool drain_sent = false;
    bool silence_told = false;
    Verdict told = Verdict::sound;  // to the supervisor, of a hang
    proto::SteadyClock::time_point told_at;
    ExpiryList overdue;                                   // oldest first
    std::unordered_map<std::uint64_t, Pending*> uploads;  // those of its requests with a body that
                                                          // comes in pieces, by id
    proto::Deadline drain_by;
    proto::SteadyClock::time_point heard_at;  // on the WatchClock
    std::uint32_t pid = 0;
    std::uint64_t served = 0;
    proto::Pong last_pong;

private:
    std::uint64_t served_seen_ = 0;
    proto::SteadyClock::time_point moved_at_;  // when requests were last seen to end
    std::optional<proto::SteadyClock::time_point> blocked_since_;
    [[nodiscard]] std::uint32_t& count(CreditClass credit) noexcept;

    std::string identity_;
    std::string token_;
    std::shared_ptr<proto::Ledger> ledger_;
    std::vector<Pending*> slots_;
    std::vector<std::uint32_t> free_slots_;
    bool ready_ = false;
};

}  // namespace typhon::relay
