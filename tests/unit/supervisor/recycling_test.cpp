#include "gateway/supervisor/recycling.hpp"

#include <doctest/doctest.h>

using namespace typhon;
using namespace std::chrono_literals;
using Reason = RecycleReason;

TEST_CASE("Recycling: without limits no worker is ever due") {
    CHECK(recycle_reason({1'000'000'000, std::size_t{1} << 40U, 100'000h}, {}) == Reason::none);
    CHECK_FALSE(RecycleLimits{}.any());
}

TEST_CASE("Recycling: a worker is due when it reaches a limit, not before") {
    CHECK(recycle_reason({99, 0, 0ms}, {100, 0, 0ms}) == Reason::none);
    CHECK(recycle_reason({100, 0, 0ms}, {100, 0, 0ms}) == Reason::requests);
    CHECK(recycle_reason({0, 999, 0ms}, {0, 1000, 0ms}) == Reason::none);
    CHECK(recycle_reason({0, 1000, 0ms}, {0, 1000, 0ms}) == Reason::memory);
    CHECK(recycle_reason({0, 0, 999ms}, {0, 0, 1s}) == Reason::none);
    CHECK(recycle_reason({0, 0, 1s}, {0, 0, 1s}) == Reason::age);
}

TEST_CASE("Recycling: each limit is of its own figure alone") {
    const WorkerUse use{500, 500, 500ms};
    CHECK(recycle_reason(use, {501, 501, 501ms}) == Reason::none);
    CHECK(recycle_reason(use, {500, 501, 501ms}) == Reason::requests);
    CHECK(recycle_reason(use, {501, 500, 501ms}) == Reason::memory);
    CHECK(recycle_reason(use, {501, 501, 500ms}) == Reason::age);
}

TEST_CASE("Recycling: of several reached limits memory is named first") {
    CHECK(recycle_reason({9, 9, 9ms}, {1, 1, 1ms}) == Reason::memory);
    CHECK(recycle_reason({9, 0, 9ms}, {1, 1, 1ms}) == Reason::requests);
}

TEST_CASE("Recycling: the log says why") {
    const WorkerUse use{1000, std::size_t{512} << 20U, 3600s};
    CHECK(describe(Reason::requests, use) == "it has served 1000 requests");
    CHECK(describe(Reason::memory, use) == "it uses 512 MiB with its pool");
    CHECK(describe(Reason::age, use) == "it is 3600 s old");
}

TEST_CASE("Recycling: jitter adds to the limit of requests, and makes none where there is none") {
    CHECK(requests_limit(1000, 0, 0.9) == 1000);
    CHECK(requests_limit(1000, 200, 0.0) == 1000);
    CHECK(requests_limit(1000, 200, 0.5) == 1100);
    CHECK(requests_limit(1000, 200, 0.9999) == 1199);
    CHECK(requests_limit(0, 200, 0.5) == 0);
}

TEST_CASE("RecyclePolicy: a worker that lived long is recycled without a wait") {
    RecyclePolicy policy;
    CHECK(policy.after_success(RecyclePolicy::kHealthy, 0.0) == 0ms);
    CHECK(policy.after_success(24h, 0.0) == 0ms);
}

TEST_CASE("RecyclePolicy: a limit that is reached at once does not start workers without end") {
    RecyclePolicy policy;
    auto last = 0ms;
    for (int round = 0; round < 10; ++round) {
        const auto wait = policy.after_success(10ms, 0.0);
        CHECK(wait >= last);
        last = wait;
    }
    CHECK(last == 30s);
    CHECK(policy.after_success(1h, 0.0) == 0ms);
    CHECK(policy.after_success(10ms, 0.0) == 1s);
}

TEST_CASE("RecyclePolicy: a successor that does not start is tried again later and later") {
    RecyclePolicy policy;
    CHECK(policy.after_failure(0.0) == 1s);
    CHECK(policy.after_failure(0.0) == 2s);
    CHECK(policy.after_failure(0.0) == 4s);
    CHECK(policy.after_success(1h, 0.0) == 0ms);
}
