// What the log and `typhon status` call the way in which a handler runs.
#pragma once

#include <string_view>

#include "proto/envelope.hpp"

namespace typhon::proto {

[[nodiscard]] constexpr std::string_view mode_name(RouteMode mode) noexcept {
    switch (mode) {
        case RouteMode::async:
            return "async";
        case RouteMode::pool:
            return "pool";
        case RouteMode::thread:
            break;
    }
    return "thread";
}

}  // namespace typhon::proto
