#include "gateway/relay/worker_health.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace typhon::relay {

namespace {

const HealthLimits limits{10s, 1s};

WorkerHealth healthy() {
    WorkerHealth health;
    health.silent = 900ms;
    health.gil_age = 1100ms;
    health.threads = 2;
    health.async = 3;
    return health;
}

}  // namespace

TEST_CASE("WorkerHealth: a worker that speaks and of which nothing hangs is sound") {
    CHECK(judge(healthy(), limits) == Verdict::sound);
}

TEST_CASE("WorkerHealth: one that missed PINGs, starts nothing, or has its GIL held is slow") {
    WorkerHealth health = healthy();
    health.silent = 2499ms;
    CHECK(judge(health, limits) == Verdict::sound);
    health.silent = 2500ms;
    CHECK(judge(health, limits) == Verdict::slow);
    health = healthy();
    health.gil_age = 2s;
    CHECK(judge(health, limits) == Verdict::slow);
    health = healthy();
    health.waiting = 29ms;
    CHECK(judge(health, limits) == Verdict::sound);
    health.waiting = 30ms;
    CHECK(judge(health, limits) == Verdict::slow);
}

TEST_CASE(
    "WorkerHealth: a short silent timeout does not make the time between two PINGs suspicious") {
    WorkerHealth health = healthy();
    health.silent = 1900ms;
    CHECK(judge(health, {2s, 1s}) == Verdict::sound);
}

TEST_CASE("WorkerHealth: one of two threads that hangs is stuck, both are hung") {
    WorkerHealth health = healthy();
    health.async = 0;
    health.hung = 1;
    CHECK(judge(health, limits) == Verdict::stuck);
    health.hung = 2;
    CHECK(judge(health, limits) == Verdict::hung);
}

TEST_CASE("WorkerHealth: coroutines that run on keep it from being hung, those that hang do not") {
    WorkerHealth health = healthy();
    health.hung = 2;
    CHECK(judge(health, limits) == Verdict::stuck);
    health.hung_async = health.async;
    CHECK(judge(health, limits) == Verdict::hung);
}

TEST_CASE("WorkerHealth: a blocked event loop alone is stuck: threads go on") {
    WorkerHealth health = healthy();
    health.hung_async = health.async;
    CHECK(judge(health, limits) == Verdict::stuck);
}

TEST_CASE("WorkerHealth: with the GIL held one handler that hangs is enough") {
    WorkerHealth health = healthy();
    health.hung = 1;
    health.gil_age = 2s;
    CHECK(judge(health, limits) == Verdict::hung);
}

TEST_CASE("WorkerHealth: silence counts more than all else") {
    WorkerHealth health = healthy();
    health.silent = 10s;
    health.hung = 1;
    CHECK(judge(health, limits) == Verdict::silent);
}

}  // namespace typhon::relay
