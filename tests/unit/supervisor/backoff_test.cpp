#include "gateway/supervisor/backoff.hpp"

#include <array>

#include <doctest/doctest.h>

using namespace typhon;
using namespace std::chrono_literals;

TEST_CASE("Backoff: without jitter the waits double up to the cap") {
    const BackoffPolicy policy{100ms, 1'000ms, 0.0};
    const std::array expected{100ms, 200ms, 400ms, 800ms, 1'000ms, 1'000ms};
    for (std::uint32_t attempt = 0; attempt < expected.size(); ++attempt) {
        CHECK(backoff_delay(policy, attempt, 0.5) == expected.at(attempt));
    }
}

TEST_CASE("Backoff: any number of tries stays at the cap") {
    CHECK(backoff_delay({100ms, 10'000ms, 0.0}, UINT32_MAX, 0.0) == 10'000ms);
}

TEST_CASE("Backoff: jitter takes off up to its part, and never adds") {
    const BackoffPolicy policy{1'000ms, 1'000ms, 0.2};
    CHECK(backoff_delay(policy, 0, 0.0) == 1'000ms);
    CHECK(backoff_delay(policy, 0, 0.5) == 900ms);
    CHECK(backoff_delay(policy, 0, 0.999) >= 800ms);
    CHECK(backoff_delay(policy, 0, 7.0) == 800ms);  // out of range counts as the end of it
    CHECK(backoff_delay(policy, 0, -1.0) == 1'000ms);
}

TEST_CASE("Backoff: a first wait above the cap is the cap") {
    CHECK(backoff_delay({5'000ms, 1'000ms, 0.0}, 0, 0.0) == 1'000ms);
}

TEST_CASE("RestartPolicy: a first death is answered at once, quick ones after it wait longer") {
    RestartPolicy restart{{100ms, 10'000ms, 0.0}, 10'000ms};
    CHECK(restart.on_death(50ms, 0.0) == 0ms);
    CHECK(restart.on_death(50ms, 0.0) == 100ms);
    CHECK(restart.on_death(50ms, 0.0) == 200ms);
    CHECK(restart.quick_deaths() == 3);
}

TEST_CASE("RestartPolicy: after a healthy life it starts at once again") {
    RestartPolicy restart{{100ms, 10'000ms, 0.0}, 10'000ms};
    for (int death = 0; death < 20; ++death) {
        static_cast<void>(restart.on_death(1ms, 0.0));
    }
    CHECK(restart.on_death(1ms, 0.0) == 10'000ms);
    CHECK(restart.on_death(10'001ms, 0.0) == 0ms);
    CHECK(restart.on_death(1ms, 0.0) == 100ms);
}

TEST_CASE("RestartPolicy: a life of exactly the healthy time is still a quick death") {
    RestartPolicy restart{{100ms, 10'000ms, 0.0}, 10'000ms};
    static_cast<void>(restart.on_death(1ms, 0.0));
    CHECK(restart.on_death(10'000ms, 0.0) == 100ms);
}
