// The time that the gateway may hold against others: the steady clock without the spans in which
// the loop itself did not turn (stopped by a signal, starved, frozen with its container). A worker
// that was not asked for ten seconds has not been silent for ten seconds.
//
// Pure: the time is given. One thread.
#pragma once

#include <algorithm>

#include "gateway/options.hpp"
#include "proto/deadline.hpp"

namespace typhon::relay {

class WatchClock {
public:
    using TimePoint = proto::SteadyClock::time_point;

    /// A turn that takes longer counts as this long.
    static constexpr Milliseconds kLongestTurn{500};

    explicit WatchClock(TimePoint now) noexcept : turned_at_(now) {}

    /// The loop turns; call it more often than each kLongestTurn. True when it had stood still.
    bool turn(TimePoint now) noexcept {
        const auto lost = lost_since_turn(now);
        lost_ += lost;
        turned_at_ = now;
        return lost.count() != 0;
    }

    /// `now` on this clock.
    [[nodiscard]] TimePoint at(TimePoint now) const noexcept {
        return now - lost_ - lost_since_turn(now);
    }

private:
    [[nodiscard]] TimePoint::duration lost_since_turn(TimePoint now) const noexcept {
        return std::max<TimePoint::duration>(now - turned_at_ - kLongestTurn, {});
    }

    TimePoint turned_at_;
    TimePoint::duration lost_{0};
};

}  // namespace typhon::relay
