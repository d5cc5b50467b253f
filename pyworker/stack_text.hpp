// The text of a stack dump: what faulthandler wrote, with what each thread runs. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/deadline.hpp"

namespace typhon::worker {

struct Route;

/// One request that runs.
struct RunningRequest {
    std::string name;  // see proto/request_id.hpp
    const Route* route = nullptr;
    proto::SteadyClock::time_point started;
    proto::Deadline deadline;
};

/// "/python/sum -> app.sum, request 17f30c0000000001, for 312 ms", and how long it is late.
[[nodiscard]] std::string describe(const RunningRequest& request,
                                   proto::SteadyClock::time_point now);

/// What one thread does, for people.
struct ThreadNote {
    std::uint64_t thread = 0;  // as threading.get_ident() gives it
    std::string text;
};

/// `dump` (of faulthandler, all threads) with each thread's headline replaced by its note.
[[nodiscard]] std::string annotate(std::string_view dump, const std::vector<ThreadNote>& notes);

}  // namespace typhon::worker
