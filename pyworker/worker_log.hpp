// What the worker says of its start in the log.
#pragma once

#include "proto/envelope.hpp"

namespace typhon::worker {

/// What this start is, in one line, and its route table when `with_routes`.
void log_start(const proto::Ready& ready, bool with_routes);

}  // namespace typhon::worker
