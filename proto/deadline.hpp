// A point in steady time until which something may take: passed down instead of bare time-outs.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace typhon::proto {

using SteadyClock = std::chrono::steady_clock;

class Deadline {
public:
    /// A deadline that never passes.
    constexpr Deadline() noexcept : at_(SteadyClock::time_point::max()) {}
    explicit constexpr Deadline(SteadyClock::time_point at) noexcept : at_(at) {}

    [[nodiscard]] static Deadline after(std::chrono::milliseconds span,
                                        SteadyClock::time_point now = SteadyClock::now()) noexcept {
        return Deadline(now + span);
    }

    [[nodiscard]] constexpr SteadyClock::time_point at() const noexcept { return at_; }
    [[nodiscard]] constexpr bool never() const noexcept {
        return at_ == SteadyClock::time_point::max();
    }
    [[nodiscard]] bool passed(SteadyClock::time_point now = SteadyClock::now()) const noexcept {
        return now >= at_;
    }

    /// Whole milliseconds left, rounded up; 0 when passed, UINT32_MAX when never.
    [[nodiscard]] std::uint32_t left_ms(
        SteadyClock::time_point now = SteadyClock::now()) const noexcept {
        if (never()) {
            return UINT32_MAX;
        }
        if (now >= at_) {
            return 0;
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(at_ - now).count();
        return static_cast<std::uint32_t>(std::min<std::int64_t>(left, UINT32_MAX - 1));
    }

    // NOLINTNEXTLINE(modernize-use-nullptr): the defaulted operator compares with a literal zero
    friend constexpr auto operator<=>(const Deadline&, const Deadline&) = default;

private:
    SteadyClock::time_point at_;
};

}  // namespace typhon::proto
