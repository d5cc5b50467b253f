#include "proto/run_time.hpp"

#include <doctest/doctest.h>

using typhon::proto::RunTime;

TEST_CASE("RunTime: a route without samples is neither quick nor slow") {
    const RunTime unknown;
    CHECK_FALSE(unknown.quick());
    CHECK_FALSE(unknown.slow());
}

TEST_CASE("RunTime: the first sample counts whole, later ones one eighth") {
    RunTime time;
    time.add(800);
    CHECK(time.mean_us() == 800);
    time.add(1600);
    CHECK(time.mean_us() == 900);
    CHECK(RunTime(800).mean_us() == 800);
}

TEST_CASE("RunTime: slow from one millisecond on, quick below") {
    CHECK(RunTime(999).quick());
    CHECK_FALSE(RunTime(999).slow());
    CHECK(RunTime(1000).slow());
    CHECK_FALSE(RunTime(1000).quick());
}

TEST_CASE("RunTime: one slow sample among quick ones does not count for long") {
    RunTime time(10);
    time.add(20'000);
    CHECK(time.slow());
    for (int i = 0; i < 10; ++i) {
        time.add(10);
    }
    CHECK(time.quick());
}

TEST_CASE("RunTime: a handler that still runs is only the first word on an unknown route") {
    RunTime unknown;
    unknown.at_least(1500);
    CHECK(unknown.slow());
    RunTime known(10);
    known.at_least(1500);  // once, perhaps because the machine was busy
    CHECK(known.quick());
}

TEST_CASE("RunTime: the mean of the largest samples does not overflow") {
    RunTime time(UINT32_MAX);
    time.add(UINT32_MAX);
    CHECK(time.mean_us() == UINT32_MAX);
}
