// The process environment: read once, then cleaned of what is the worker's own business. Only
// before other threads exist.
#pragma once

#include "pyworker/worker_options.hpp"

namespace typhon::worker {

/// Reads the options and removes their variables, so that neither user code nor pool processes see
/// the token. Throws std::invalid_argument as read_options() does.
[[nodiscard]] WorkerOptions take_options();

/// Opens /dev/null for each of the descriptors 0, 1 and 2 that is closed, so that no file or socket
/// ends up there.
void open_standard_descriptors();

/// Signals as a worker wants them while it starts. SIGINT is ignored (Python would make an
/// exception of it, in the middle of an import), SIGPIPE too (a broken pipe is an error of write),
/// all others have their default, and nothing is blocked. leave_signal.hpp has what follows.
void set_signals();

}  // namespace typhon::worker
