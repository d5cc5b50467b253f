// Decides when files that change are at rest, so that one save of many files, or of one file in
// many steps, is one change. Pure: what is seen and when are given.
#pragma once

#include <cstdint>
#include <optional>

#include "gateway/supervisor/backoff.hpp"
#include "proto/deadline.hpp"

namespace typhon {

class ChangeDebounce {
public:
    using TimePoint = proto::SteadyClock::time_point;

    /// Files that have not changed for this long are at rest.
    static constexpr Milliseconds kQuiet{150};
    /// Files that never rest count as changed again after this long.
    static constexpr Milliseconds kPatience{3'000};

    explicit ChangeDebounce(std::uint64_t fingerprint) noexcept
        : settled_(fingerprint), seen_(fingerprint) {}

    /// A look at the files. True when they are others than at the last true (or at the beginning)
    /// and at rest, or have been changing for too long.
    [[nodiscard]] bool look(std::uint64_t fingerprint, TimePoint now) noexcept;

    /// A change was seen that has not been told yet: the next look should come soon.
    [[nodiscard]] bool pending() const noexcept { return first_change_.has_value(); }

private:
    std::uint64_t settled_;
    std::uint64_t seen_;
    std::optional<TimePoint> first_change_;
    TimePoint last_change_{};
};

}  // namespace typhon
