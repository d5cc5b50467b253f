// What the supervisor tells about itself: plain values, copied out under a lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "gateway/options.hpp"
#include "gateway/supervisor/state_table.hpp"

namespace typhon {

enum class GatewayState : std::uint8_t {
    starting,   // no worker is ready yet
    ready,      // at least one worker serves
    reloading,  // the next generation starts; the old one serves on
    failed,     // the workers cannot start
    stopping,
};

/// "starting", "ready", "reloading", "failed", "stopping".
[[nodiscard]] std::string_view state_name(GatewayState state) noexcept;

struct WorkerStatus {
    pid_t pid = 0;         // 0: no process now
    std::string identity;  // as in LinkStatus; empty: no process now
    WorkerState state = WorkerState::starting;
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
    std::uint32_t restarts = 0;  // of the slot, after deaths; reloads and recycling do not count
    std::uint32_t recycled = 0;  // of the slot, because a limit was reached
    std::size_t rss_bytes = 0;
    std::vector<std::uint32_t> pool_pids;  // as of READY
    std::string python;                    // version, as of READY
};

struct SupervisorStatus {
    GatewayState state = GatewayState::starting;
    std::uint32_t generation = 0;
    std::vector<WorkerStatus> workers;  // serving ones first, then the next generation, then those
                                        // that drain
    std::string last_error;  // of the last failed start or reload; empty after a good one
};

/// The outcome of a reload or of a change of the number of workers.
struct ReloadResult {
    bool ok = false;
    std::uint32_t generation = 0;  // that serves now
    std::uint32_t workers = 0;     // that are wanted now
    std::string message;           // one sentence; when not ok the traceback, which may be long
    Milliseconds took{0};
};

}  // namespace typhon
