// Keeps a line that a peer can cause at will from filling the log. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "proto/deadline.hpp"

namespace typhon {

class LogPace {
public:
    /// Whether the line is to be written now, and then how many were left out since the last one.
    [[nodiscard]] std::optional<std::uint64_t> due(
        proto::SteadyClock::time_point now = proto::SteadyClock::now()) noexcept {
        if (written_ && now - *written_ < kInterval) {
            ++left_out_;
            return std::nullopt;
        }
        written_ = now;
        return std::exchange(left_out_, 0);
    }

private:
    static constexpr std::chrono::seconds kInterval{10};
    std::optional<proto::SteadyClock::time_point> written_;
    std::uint64_t left_out_ = 0;
};

}  // namespace typhon
