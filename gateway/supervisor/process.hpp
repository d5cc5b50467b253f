// Starts a process in a group of its own, ends groups, and collects the dead.
//
// The only file that names Boost.Process, which spawns and does nothing else here: a child is
// collected by reap(). All functions belong to one long-lived thread, because a child gets SIGKILL
// when the thread that forked it ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace typhon {

using Environment = std::vector<std::pair<std::string, std::string>>;

struct SpawnRequest {
    std::string program;  // absolute path
    std::vector<std::string> arguments;
    Environment environment;  // all of it: nothing is inherited
    std::vector<int> keep;  // descriptors that stay open, under the same numbers; all others close
    std::size_t open_files = 0;  // soft limit of descriptors; 0: as here
};

/// Starts the program with stdin from /dev/null, stdout and stderr shared, default signals, as the
/// leader of its own group, and with SIGKILL as its signal when this thread ends. Returns after its
/// exec. Throws std::system_error when it cannot be started.
[[nodiscard]] pid_t spawn(const SpawnRequest& request);

/// SIGKILL to every process of the group. A group that is gone is no error.
void kill_group(pid_t group) noexcept;

/// Asks a worker to write the stacks of its threads to the log (SIGQUIT; pyworker/stack_dump.hpp).
void ask_for_stacks(pid_t worker) noexcept;

/// A child that ended.
struct ProcessExit {
    pid_t pid = 0;
    int status = 0;  // of waitpid(2)
};

/// Collects one dead child of this process, if there is one; never blocks. Before the number of the
/// child is given back its whole group is killed, so that the signal can hit nobody else.
[[nodiscard]] std::optional<ProcessExit> reap();

/// True while this process has children, dead or alive.
[[nodiscard]] bool has_children() noexcept;

/// "signal 9 (SIGKILL)" or "exit code 3".
[[nodiscard]] std::string describe_exit(int status);

/// Orphans of the workers become children of this process, so that reap() finds them.
void adopt_orphans() noexcept;

/// Resident memory of a process in bytes; 0 when there is no such process. Any thread.
[[nodiscard]] std::size_t resident_bytes(pid_t pid);

/// The sum over several processes. Memory that they share counts for each of them.
[[nodiscard]] std::size_t resident_bytes(const std::vector<std::uint32_t>& pids);

}  // namespace typhon
