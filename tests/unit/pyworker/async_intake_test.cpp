#include "pyworker/async_intake.hpp"

#include "tests/unit/pyworker/job_fixture.hpp"
#include <doctest/doctest.h>
#include <poll.h>

using namespace typhon;
using tests::id_of;
using tests::make_job;
using worker::AsyncIntake;

namespace {

const auto now = proto::SteadyClock::now();

bool readable(const AsyncIntake& intake) {
    pollfd wait{intake.fd(), POLLIN, 0};
    return ::poll(&wait, 1, 0) == 1;
}

}  // namespace

TEST_CASE("AsyncIntake: one signal for a batch, none for nothing") {
    AsyncIntake intake;
    intake.wake();
    CHECK_FALSE(readable(intake));
    intake.add(make_job(1));
    intake.add(make_job(2));
    CHECK_FALSE(readable(intake));
    intake.wake();
    CHECK(readable(intake));
    CHECK(intake.take_cancelled().empty());
    CHECK_FALSE(readable(intake));
}

TEST_CASE("AsyncIntake: jobs are taken in order, and count as running until they end") {
    AsyncIntake intake;
    intake.add(make_job(1));
    intake.add(make_job(2));
    const auto first = intake.take(now);
    CHECK(id_of(first) == 1);
    auto load = intake.load(now + std::chrono::milliseconds(7));
    CHECK(load.waiting == 1);
    CHECK(load.running == 1);
    CHECK(load.oldest_ms == 7);
    CHECK(intake.end(*first) == now);
    CHECK(intake.load(now).running == 0);
    CHECK(id_of(intake.take(now)) == 2);
    CHECK(id_of(intake.take(now)) == 0);
}

TEST_CASE("AsyncIntake: it knows what runs, oldest first, and on which thread") {
    AsyncIntake intake;
    CHECK(intake.taker() == 0);
    intake.add(make_job(2));
    intake.add(make_job(1));
    const auto older = intake.take(now);
    const auto newer = intake.take(now + std::chrono::milliseconds(1));
    const auto running = intake.running();
    REQUIRE(running.size() == 2);
    CHECK(running[0].name == "0000000000000002");
    CHECK(running[0].started == now);
    CHECK(running[1].name == "0000000000000001");
    CHECK(intake.taker() == pthread_self());
}

TEST_CASE("AsyncIntake: cancelling takes a waiting job back, and tells the loop of a running one") {
    AsyncIntake intake;
    intake.add(make_job(1));
    intake.add(make_job(2));
    const auto running = intake.take(now);
    CHECK(id_of(intake.take_back(2)) == 2);
    CHECK(id_of(intake.take_back(1)) == 0);
    CHECK(id_of(intake.take_back(3)) == 0);
    CHECK(intake.take_cancelled().empty());
    intake.cancel(1);
    intake.cancel(2);
    intake.wake();
    CHECK(readable(intake));
    CHECK(intake.take_cancelled() == std::vector<std::uint64_t>{1});
}
