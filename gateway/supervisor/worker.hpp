// One place in the set of workers: its state and, while it has one, its process. A plain record;
// state_table.hpp decides, WorkerSet acts. Supervisor thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gateway/supervisor/backoff.hpp"
#include "gateway/supervisor/recycling.hpp"
#include "gateway/supervisor/state_table.hpp"
#include "gateway/supervisor/worker_process.hpp"
#include "proto/deadline.hpp"

namespace typhon {

/// Why a worker that serves is to be replaced by a successor, the more urgent the later.
enum class Renewal : std::uint8_t {
    none,
    limit,    // it has reached a limit of requests, memory or age; gives way to all other changes
    leaving,  // a signal has asked it to end
    stuck,    // a handler in it hangs
};

struct Worker {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
    std::uint32_t restarts = 0;  // of the slot: after deaths
    std::uint32_t recycled = 0;  // of the slot
    WorkerState state = WorkerState::backing_off;
    std::unique_ptr<WorkerProcess> process;  // null: none runs
    proto::Deadline due;                     // when the state has lasted too long
    RestartPolicy restart;
    Milliseconds restart_delay{0};
    std::uint32_t early_deaths = 0;   // before READY, in a row
    Renewal renewal = Renewal::none;  // to be replaced by a successor as soon as one is ready
    bool too_slow = false;            // killed because READY did not come in time
    std::string reason;               // why the last start failed
    std::vector<std::uint32_t> pool_pids;
    std::string python;
    std::uint64_t max_requests = 0;  // of this start, jitter included; 0: no limit
    RecyclePolicy recycling;
    proto::Deadline renew_from;  // not before; never: at any time

    [[nodiscard]] bool is_ready() const noexcept { return state == WorkerState::ready; }
    [[nodiscard]] bool may_renew() const noexcept {
        return is_ready() && (renew_from.never() || renew_from.passed());
    }
    [[nodiscard]] Renewal wanted_renewal() const noexcept {
        return is_ready() ? renewal : Renewal::none;
    }
    /// It takes the slot of `old`.
    void take_counts(const Worker& old) noexcept {
        restarts = old.restarts;
        recycled = old.recycled;
    }
};

using Workers = std::vector<std::unique_ptr<Worker>>;

}  // namespace typhon
