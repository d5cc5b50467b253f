// One place in the set of workers: its state and, while it has one, its process. A plain record;
// state_table.hpp decides, WorkerSet acts. Supervisor thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gateway/supervisor/backoff.hpp"
#include "gateway/supervisor/state_table.hpp"
#include "gateway/supervisor/worker_process.hpp"
#include "proto/deadline.hpp"

namespace typhon {

struct Worker {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
    std::uint32_t restarts = 0;
    WorkerState state = WorkerState::backing_off;
    std::unique_ptr<WorkerProcess> process;  // null: none runs
    proto::Deadline due;                     // when the state has lasted too long
    RestartPolicy restart;
    Milliseconds restart_delay{0};
    std::uint32_t early_deaths = 0;  // before READY, in a row
    bool worn = false;               // to be replaced by a successor as soon as one is ready
    bool too_slow = false;           // killed because READY did not come in time
    std::string reason;              // why the last start failed
    std::vector<std::uint32_t> pool_pids;
    std::string python;

    [[nodiscard]] bool is_ready() const noexcept { return state == WorkerState::ready; }
};

using Workers = std::vector<std::unique_ptr<Worker>>;

}  // namespace typhon
