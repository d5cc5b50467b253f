#include "gateway/relay/watch_clock.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace typhon::relay {

namespace {

const WatchClock::TimePoint start{std::chrono::hours{1}};

}  // namespace

TEST_CASE("WatchClock: it goes like the steady clock while the loop turns") {
    WatchClock clock(start);
    for (auto now = start; now < start + 10s; now += 100ms) {
        CHECK_FALSE(clock.turn(now));
        CHECK(clock.at(now) == now);
        CHECK(clock.at(now + 50ms) == now + 50ms);
    }
}

TEST_CASE("WatchClock: a span in which the loop stood still counts as one long turn") {
    WatchClock clock(start);
    CHECK(clock.at(start + 20s) == start + WatchClock::kLongestTurn);
    CHECK(clock.turn(start + 20s));
    CHECK(clock.at(start + 20s) == start + WatchClock::kLongestTurn);
    CHECK(clock.at(start + 20s + 100ms) == start + WatchClock::kLongestTurn + 100ms);
}

TEST_CASE(
    "WatchClock: what was heard before the loop saw that it had stood still is not of the future") {
    WatchClock clock(start);
    const auto heard = clock.at(start + 20s);
    CHECK(clock.turn(start + 20s + 1ms));
    CHECK(heard <= clock.at(start + 20s + 1ms));
}

}  // namespace typhon::relay
