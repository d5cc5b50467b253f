// Requests that are answered without running a handler. Pure.
#pragma once

#include "proto/deadline.hpp"
#include "pyworker/answer.hpp"

namespace typhon::worker {

/// True, and `answer` filled, when the handler of `job` must not start: its deadline has passed
/// (504), or no route serves it (404, 405; OPTIONS is 204 with Allow).
[[nodiscard]] bool refused(const Job& job, proto::SteadyClock::time_point now, Answer& answer);

}  // namespace typhon::worker
