// A Python route as the relay sees it: its declaration, its figures and the requests that wait for
// it. Loop 0 only.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "gateway/relay/dispatch_policy.hpp"
#include "gateway/relay/pending.hpp"
#include "proto/envelope.hpp"
#include "proto/run_time.hpp"

namespace typhon::relay {

struct RouteState {
    explicit RouteState(std::string route_pattern = {}) : pattern(std::move(route_pattern)) {}

    const std::string pattern;
    proto::RouteInfo info;
    proto::RunTime run_time;
    std::uint32_t in_flight = 0;
    WaitingList waiting;  // oldest first

    [[nodiscard]] bool at_limit() const noexcept {
        return info.max_in_flight != 0 && in_flight >= info.max_in_flight;
    }
};

}  // namespace typhon::relay
