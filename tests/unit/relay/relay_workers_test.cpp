// Workers that die, drain, say nothing or say what they should not.
#include "tests/unit/relay/relay_fixture.hpp"
#include <doctest/doctest.h>

#include "proto/limits.hpp"

namespace typhon::relay {

using namespace std::chrono_literals;

TEST_CASE_FIXTURE(RelayFixture,
                  "Relay: after a death, started requests get 502 and the others run elsewhere") {
    const auto ledger = add_worker("a");
    relay().serve_only({"a"});
    const auto running = send("/python/hello");
    const auto dispatched = send("/python/hello");
    until([&] { return workers[0]->requests.size() == 2; });
    const auto& first = workers[0]->requests[0];
    REQUIRE(ledger->mark(first.slot, first.id));
    relay().forget("a");
    until([&] { return answers[running].has_value(); });
    CHECK(answers[running]->error == proto::ErrorCode::worker_died);
    CHECK_FALSE(answers[dispatched]);
    add_worker("b");
    relay().serve_only({"b"});
    until([&] { return !workers[1]->requests.empty(); });
    CHECK(workers[1]->requests[0].id == dispatched + 1);
    workers[1]->answer(workers[1]->requests[0], "again");
    until([&] { return answers[dispatched].has_value(); });
    CHECK(answers[dispatched]->body == "again");
}

TEST_CASE_FIXTURE(RelayFixture, "Relay: a reply sent before the death counts") {
    const auto ledger = add_worker("a");
    relay().serve_only({"a"});
    const auto index = send("/python/hello");
    until([&] { return !workers[0]->requests.empty(); });
    const auto seen = workers[0]->requests[0];
    REQUIRE(ledger->mark(seen.slot, seen.id));
    workers[0]->answer(seen, "done");
    until([&] { return answers[index].has_value(); });
    relay().forget("a");
    CHECK(answers[index]->error == proto::ErrorCode::none);
}

TEST_CASE_FIXTURE(
    RelayFixture,
    "Relay: a worker drains when its last request is answered, and gets no new ones") {
    const auto ledger = add_worker("a");
    relay().serve_only({"a"});
    const auto index = send("/python/hello");
    until([&] { return workers[0]->requests.size() == 1; });
    REQUIRE(ledger->mark(workers[0]->requests[0].slot, workers[0]->requests[0].id));
    add_worker("b");
    relay().serve_only({"b"});
    relay().drain("a", 5000);
    send("/python/hello");
    until([&] { return workers[1]->requests.size() == 1; });
    CHECK_FALSE(workers[0]->drained);
    workers[0]->answer(workers[0]->requests[0], "last");
    until([&] { return workers[0]->drained; });
    CHECK(events.draining == std::vector<std::string>{"a"});
    CHECK(answers[index]->body == "last");
}

TEST_CASE_FIXTURE(RelayFixture, "Relay: a wrong token is refused") {
    expect("a");
    workers.push_back(std::make_unique<FakeWorker>("a", endpoint()));
    workers[0]->say_ready("guess", routes());
    workers[0]->say(proto::StartError{"import", "seen"});  // arrives after READY was refused
    until([&] { return !events.errors.empty(); });
    CHECK(events.ready.empty());
}

TEST_CASE_FIXTURE(RelayFixture,
                  "Relay: READY counts when it is read before the loop has heard of the start") {
    const std::vector<std::string> names{"a", "b", "c", "d", "e", "f", "g", "h"};
    (void)relay();
    for (const auto& name : names) {
        workers.push_back(std::make_unique<FakeWorker>(name, endpoint()));
        workers.back()->say(proto::Ping{1});
    }
    until([&] { return relay().status().refused.strangers == names.size(); });  // all are connected
    for (const auto& worker : workers) {
        worker->say_ready("secret", routes());
    }
    relay().forget("nobody");  // reads what has come, in front of what expect() posts
    for (const auto& name : names) {
        relay().expect(name, "secret", std::make_shared<proto::Ledger>(proto::Ledger::create()));
    }
    until([&] { return events.ready.size() == names.size(); });
}

TEST_CASE_FIXTURE(RelayFixture, "Relay: a start error is told and then answered by DRAIN") {
    expect("a");
    workers.push_back(std::make_unique<FakeWorker>("a", endpoint()));
    workers[0]->say(proto::StartError{"import", "no such module"});
    until([&] { return workers[0]->drained; });
    CHECK(events.errors == std::vector<std::string>{"no such module"});
}

TEST_CASE_FIXTURE(RelayFixture, "Relay: a worker that says nothing for long is reported once") {
    options.ping_interval = 20ms;
    options.silent_timeout = 100ms;
    add_worker("a");
    relay().serve_only({"a"});
    until([&] { return !events.silent.empty() && workers[0]->pings >= 1; });
    const int pings = workers[0]->pings;
    until([&] { return workers[0]->pings > pings + 3; });
    CHECK(events.silent == std::vector<std::string>{"a"});
}

TEST_CASE_FIXTURE(RelayFixture, "Relay: a worker that is to leave is reported, and serves on") {
    add_worker("a");
    relay().serve_only({"a"});
    proto::Pong pong;
    pong.leaving = true;
    workers[0]->say(pong);
    until([&] { return events.leaving == std::vector<std::string>{"a"}; });
    const auto index = send("/python/hello");
    until([&] { return !workers[0]->requests.empty(); });
    workers[0]->answer(workers[0]->requests[0], "true");
    until([&] { return answers[index].has_value(); });
    CHECK(answers[index]->body == "true");
}

TEST_CASE_FIXTURE(RelayFixture, "Relay: garbage from a worker is dropped, and it serves on") {
    add_worker("a");
    relay().serve_only({"a"});
    const auto index = send("/python/hello");
    until([&] { return !workers[0]->requests.empty(); });
    proto::Reply forged;
    forged.id = 999;
    forged.slot = proto::kMaxInFlight + 5;
    workers[0]->say(forged);
    forged.slot = workers[0]->requests[0].slot;
    workers[0]->say(forged);
    workers[0]->say_ready("secret", routes());
    workers[0]->say(proto::Drain{5});
    workers[0]->answer(workers[0]->requests[0], "true");
    until([&] { return answers[index].has_value(); });
    CHECK(answers[index]->body == "true");
    const RefusedCounts expected{.greetings = 1, .misplaced = 1, .replies = 2};
    until([&] { return relay().status().refused == expected; });
}

TEST_CASE_FIXTURE(RelayFixture, "Relay: a stranger is not heard, and nothing counts before READY") {
    expect("a");
    workers.push_back(std::make_unique<FakeWorker>("a", endpoint()));
    workers.push_back(std::make_unique<FakeWorker>("stranger", endpoint()));
    workers[0]->say(proto::Reply{});
    proto::Pong pong;
    pong.leaving = true;
    workers[0]->say(pong);
    workers[1]->say_ready("secret", routes());
    const RefusedCounts expected{.strangers = 1, .misplaced = 2};
    until([&] { return relay().status().refused == expected; });
    CHECK(events.ready.empty());
    CHECK(events.leaving.empty());
}

}  // namespace typhon::relay
