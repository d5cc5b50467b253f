#include "pyworker/run_time.hpp"

#include <doctest/doctest.h>

using typhon::worker::RunTime;

TEST_CASE("RunTime: a route without samples is taken for quick") {
    CHECK_FALSE(RunTime().slow());
}

TEST_CASE("RunTime: the first sample counts whole, later ones one eighth") {
    RunTime time;
    time.add(800);
    CHECK(time.mean_us() == 800);
    time.add(1600);
    CHECK(time.mean_us() == 900);
}

TEST_CASE("RunTime: slow from one millisecond on, and quick again after quick samples") {
    RunTime time;
    time.add(999);
    CHECK_FALSE(time.slow());
    RunTime other;
    other.add(1000);
    CHECK(other.slow());
    other.add(10);
    CHECK_FALSE(other.slow());
}

TEST_CASE("RunTime: a handler that still runs is only the first word on an unknown route") {
    RunTime unknown;
    unknown.at_least(1500);
    CHECK(unknown.slow());
    RunTime known;
    known.add(10);
    known.at_least(1500);  // once, perhaps because the machine was busy
    CHECK_FALSE(known.slow());
}

TEST_CASE("RunTime: the mean of the largest samples does not overflow") {
    RunTime time;
    time.add(UINT32_MAX);
    time.add(UINT32_MAX);
    CHECK(time.mean_us() == UINT32_MAX);
}
