// What the system grants the gateway: descriptors and threads. Looked at once, at the start, so
// that too little of them is one clear message and not a failure later.
#pragma once

#include <cstddef>

#include "gateway/options.hpp"

namespace typhon::cli {

/// Raises the soft limit of descriptors to the hard one, so that it allows as many connections as
/// it can. Workers get the old one (`SupervisorOptions::open_files`). The result is the new limit.
[[nodiscard]] std::size_t raise_descriptor_limit(SupervisorOptions& workers) noexcept;

/// Connections at a time, served and refused ones.
struct ConnectionRoom {
    std::size_t served = 0;
    std::size_t refused = 0;
};

/// The `max_connections` and `max_refusing` that fit into `descriptors` beside what the gateway
/// itself needs, at most those of the options. None served: there are too few to run at all.
[[nodiscard]] ConnectionRoom connection_room(std::size_t descriptors,
                                             const Options& options) noexcept;

/// Lowers the bounds on connections to what fits, with a warning in the log: connections must not
/// take the descriptors that new workers and the admin socket need. Throws CommandError (kLimits)
/// when the gateway cannot run within its limits.
void fit_into_limits(Options& options);

}  // namespace typhon::cli
