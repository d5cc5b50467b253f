// Requests that get no reply of a worker: refused, late, cancelled, or at the end of a stop.
#include "tests/unit/relay/relay_fixture.hpp"
#include <doctest/doctest.h>

namespace typhon::relay {

TEST_CASE_FIXTURE(RelayFixture, "Relay: a full queue answers 503 with Retry-After at once") {
    std::size_t last = 0;
    for (int i = 0; i < 9; ++i) {
        last = send("/python/hello");
    }
    until([&] { return answers[last].has_value(); });
    CHECK(answers[last]->error == proto::ErrorCode::queue_full);
    CHECK(answers[last]->retry_after_s > 0);
    CHECK_FALSE(answers[0]);
}

TEST_CASE_FIXTURE(RelayFixture,
                  "Relay: when the workers cannot start, what waits and what comes gets 503") {
    const auto waiting = send("/python/hello");
    loop.poll();
    relay().set_availability(Availability::failed, 7);
    until([&] { return answers[waiting].has_value(); });
    CHECK(answers[waiting]->error == proto::ErrorCode::no_worker);
    CHECK(answers[waiting]->retry_after_s == 7);
    const auto later = send("/python/hello");
    until([&] { return answers[later].has_value(); });
    CHECK(answers[later]->error == proto::ErrorCode::no_worker);
}

TEST_CASE_FIXTURE(
    RelayFixture,
    "Relay: at its deadline the caller gets 504, and the slot is held until the reply") {
    add_worker("a");
    relay().serve_only({"a"});
    const auto late = send("/python/hurried");
    until([&] { return !workers[0]->requests.empty() && answers[late]; });
    CHECK(answers[late]->error == proto::ErrorCode::deadline);
    until([&] { return relay().status().workers.at(0).in_flight == 1; });
    until([&] { return workers[0]->cancels == 1; });
    workers[0]->answer(workers[0]->requests[0], "too late");
    until([&] { return relay().status().workers.at(0).in_flight == 0; });
}

TEST_CASE_FIXTURE(RelayFixture, "Relay: a cancelled call ends at once, queued or dispatched") {
    const auto queued = send("/python/hello");
    loop.poll();
    relay().cancel(*calls[queued]);
    until([&] { return answers[queued].has_value(); });
    CHECK(answers[queued]->error == proto::ErrorCode::client_left);
    add_worker("a");
    relay().serve_only({"a"});
    const auto dispatched = send("/python/hello");
    until([&] { return workers[0]->requests.size() == 1; });
    relay().cancel(*calls[dispatched]);
    until([&] { return answers[dispatched].has_value() && workers[0]->cancels == 1; });
    CHECK(answers[dispatched]->error == proto::ErrorCode::client_left);
}

TEST_CASE_FIXTURE(RelayFixture, "Relay: at the end of a stop every wait ends with 503") {
    add_worker("a");
    relay().serve_only({"a"});
    const auto running = send("/python/limited");
    const auto queued = send("/python/limited");
    until([&] { return !workers[0]->requests.empty(); });
    relay().fail_all(proto::ErrorCode::stopping);
    until([&] { return answers[running] && answers[queued]; });
    CHECK(answers[running]->error == proto::ErrorCode::stopping);
    CHECK(answers[queued]->error == proto::ErrorCode::stopping);
}

}  // namespace typhon::relay
