// Routing and dispatch: which worker gets a request, when, and how its reply comes back.
#include "tests/unit/relay/relay_fixture.hpp"
#include <doctest/doctest.h>

namespace typhon::relay {

TEST_CASE_FIXTURE(RelayFixture, "Relay: a request reaches the worker and its reply comes back") {
    add_worker("a");
    relay().serve_only({"a"});
    const auto index = send("/python/hello");
    until([&] { return !workers[0]->requests.empty(); });
    CHECK(workers[0]->requests[0].path == "/python/hello");
    CHECK(workers[0]->requests[0].left_ms <= 5000);
    workers[0]->answer(workers[0]->requests[0], "hi");
    until([&] { return answers[index].has_value(); });
    CHECK(answers[index]->error == proto::ErrorCode::none);
    CHECK(answers[index]->body == "hi");
}

TEST_CASE_FIXTURE(RelayFixture, "Relay: requests of one loop turn travel in one message") {
    add_worker("a");
    relay().serve_only({"a"});
    const auto first = send("/python/hello");
    until([&] { return !workers[0]->requests.empty(); });
    workers[0]->answer(workers[0]->requests[0], "hi");  // now the route is known as quick
    until([&] { return answers[first].has_value(); });
    const int before = workers[0]->frames;
    for (int i = 0; i < 16; ++i) {
        send("/python/hello");
    }
    until([&] { return workers[0]->requests.size() == 17; });
    CHECK(workers[0]->frames - before <= 2);  // one batch, and perhaps a PING
}

TEST_CASE_FIXTURE(RelayFixture, "Relay: unknown paths and methods are answered without a worker") {
    add_worker("a");
    relay().serve_only({"a"});
    const auto missing = send("/python/nothing");
    const auto wrong = send("/python/hello", "DELETE");
    until([&] { return answers[missing] && answers[wrong]; });
    CHECK(answers[missing]->error == proto::ErrorCode::not_found);
    CHECK(answers[wrong]->error == proto::ErrorCode::method_not_allowed);
    CHECK(answers[wrong]->allow.find("POST") != std::string::npos);
    CHECK(workers[0]->requests.empty());
}

TEST_CASE_FIXTURE(RelayFixture, "Relay: requests wait for the first worker") {
    const auto index = send("/python/hello");
    const auto missing = send("/python/nothing");
    add_worker("a");
    CHECK_FALSE(answers[index]);
    relay().serve_only({"a"});
    until([&] { return !workers[0]->requests.empty() && answers[missing]; });
    CHECK(answers[missing]->error == proto::ErrorCode::not_found);
}

TEST_CASE_FIXTURE(RelayFixture,
                  "Relay: a route's own limit holds its requests back, and only its") {
    add_worker("a");
    relay().serve_only({"a"});
    send("/python/limited");
    send("/python/limited");
    send("/python/hello");
    until([&] { return workers[0]->requests.size() == 2; });
    CHECK(workers[0]->requests[1].path == "/python/hello");
    workers[0]->answer(workers[0]->requests[0], "one");
    until([&] { return workers[0]->requests.size() == 3; });
    CHECK(workers[0]->requests[2].path == "/python/limited");
}

}  // namespace typhon::relay
