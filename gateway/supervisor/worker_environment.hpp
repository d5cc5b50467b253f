// The environment of one worker start: what the gateway was given, cleaned, and what
// proto/worker_env.hpp names. Pure but for current_environment(); any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gateway/options.hpp"
#include "gateway/supervisor/process.hpp"

namespace typhon {

/// What differs from start to start.
struct WorkerStart {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
    std::string identity;
    std::string token;
    int ledger_fd = -1;
    int lifeline_fd = -1;
};

/// The environment of this process. Not while another thread changes it.
[[nodiscard]] Environment current_environment();

/// `base` without what would make Python look elsewhere (PYTHONHOME, PYTHONPATH, PYTHONSTARTUP) and
/// without stray worker variables, then the variables of this start.
[[nodiscard]] Environment worker_environment(const Environment& base,
                                             const SupervisorOptions& options,
                                             const std::string& endpoint,
                                             const WorkerStart& start);

/// The pool workers of worker `slot` when `total` (none: one for each of `cores`) are shared among
/// `workers`; at least one, unless there are to be none.
[[nodiscard]] std::uint32_t pool_share(std::optional<std::uint32_t> total,
                                       std::uint32_t workers,
                                       std::uint32_t slot,
                                       std::uint32_t cores) noexcept;

}  // namespace typhon
