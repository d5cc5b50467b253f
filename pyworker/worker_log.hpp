// The worker's log: lines for people on standard error.
#pragma once

#include <string>

#include "proto/envelope.hpp"

namespace typhon::worker {

/// Sets level and form of the default logger. Throws std::invalid_argument for an unknown level.
void set_up_log(const std::string& level);

/// What this start is, in one line, and its route table when `with_routes`.
void log_start(const proto::Ready& ready, bool with_routes);

}  // namespace typhon::worker
