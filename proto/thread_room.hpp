// Whether the system lets this process start the threads and processes that it needs (RLIMIT_NPROC,
// the pids limit of its cgroup). Libraries end the process when they find out later.
#pragma once

#include <cstddef>

namespace typhon::proto {

/// Exit code of a worker that has no room for its threads: a wire of its own would need one.
inline constexpr int kExitNoThreads = 71;  // EX_OSERR of <sysexits.h>

/// Starts this many threads, which end again before it returns; false when one could not be
/// started. Blocks for about 20 us each.
[[nodiscard]] bool has_room_for_threads(std::size_t count);

}  // namespace typhon::proto
