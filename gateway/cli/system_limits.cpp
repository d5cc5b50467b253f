#include "gateway/cli/system_limits.hpp"

#include <algorithm>
#include <string>

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include "gateway/cli/error.hpp"
#include "gateway/exit_codes.hpp"
#include "proto/thread_room.hpp"

namespace typhon::cli {

namespace {

/// Standard streams, run directory, loops, signals, ZeroMQ, and some clients of the admin socket.
constexpr std::size_t kOwnDescriptors = 32;
/// Ledger, lifeline and connection, twice during a reload, and some more while one is spawned.
constexpr std::size_t kDescriptorsOfWorker = 8;
constexpr std::size_t kDescriptorsOfLoop = 4;
constexpr std::size_t kDescriptorsOfListener = 2;
constexpr std::size_t kFewestConnections = 4;
/// Supervisor, ZeroMQ (2), the admin socket with its own pool (9), the access log, and one to
/// spare.
constexpr std::size_t kOwnThreads = 14;

void fit_threads(const Options& options) {
    const std::size_t needed = kOwnThreads + options.io_threads + options.http.blocking_threads +
                               (options.http.compress ? options.http.coding_threads : 0);
    if (!proto::has_room_for_threads(needed)) {
        throw CommandError(
            exit_code::kLimits,
            "the limit of processes and threads is too low: the gateway alone needs " +
                std::to_string(needed) + " threads; raise it (ulimit -u, LimitNPROC=, TasksMax=)");
    }
}

void fit_descriptors(Options& options) {
    const std::size_t limit = raise_descriptor_limit(options.supervisor);
    const ConnectionRoom room = connection_room(limit, options);
    if (room.served == 0) {
        throw CommandError(exit_code::kLimits,
                           "the limit of open files, " + std::to_string(limit) +
                               ", is too low for a gateway with " +
                               std::to_string(options.supervisor.workers) +
                               " workers; raise it (ulimit -n, LimitNOFILE=)");
    }
    if (room.served < options.http.max_connections) {
        spdlog::warn(
            "the limit of open files, {}, allows {} connections, not {}; raise it (ulimit -n, "
            "LimitNOFILE=) or lower --max-connections",
            limit,
            room.served,
            options.http.max_connections);
    }
    options.http.max_connections = room.served;
    options.http.max_refusing = room.refused;
}

}  // namespace

std::size_t raise_descriptor_limit(SupervisorOptions& workers) noexcept {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    workers.open_files = limit.rlim_cur;
    const rlimit raised{limit.rlim_max, limit.rlim_max};
    return ::setrlimit(RLIMIT_NOFILE, &raised) == 0 ? limit.rlim_max : limit.rlim_cur;
}

ConnectionRoom connection_room(std::size_t descriptors, const Options& options) noexcept {
    const std::size_t own = kOwnDescriptors + kDescriptorsOfLoop * options.io_threads +
                            kDescriptorsOfListener * options.listen.size() +
                            kDescriptorsOfWorker * options.supervisor.workers;
    if (descriptors < own + 2 * kFewestConnections) {
        return {};
    }
    const std::size_t left = descriptors - own;
    const std::size_t refused = std::min(options.http.max_refusing, left / 2);
    return {std::min(options.http.max_connections, left - refused), refused};
}

void fit_into_limits(Options& options) {
    fit_descriptors(options);
    fit_threads(options);
}

}  // namespace typhon::cli
