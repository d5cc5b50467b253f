// Workers that hang or are blocked: reported, left out, and relieved of what they have not started.
#include <algorithm>

#include "tests/unit/relay/relay_fixture.hpp"
#include <doctest/doctest.h>

namespace typhon::relay {

using namespace std::chrono_literals;

TEST_CASE_FIXTURE(RelayFixture,
                  "Relay: a worker that missed PINGs gets no request while another is sound") {
    options.ping_interval = 20ms;
    options.silent_timeout = 5s;
    add_worker("quiet");
    const auto ledger = add_worker("sound");
    relay().serve_only({"quiet", "sound"});
    const auto sound_until = [&](const std::function<bool()>& condition) {
        until([&] {
            workers[1]->say(proto::Pong());
            for (const auto& seen : workers[1]->requests) {
                REQUIRE(ledger->mark(seen.slot, seen.id));
            }
            return condition();
        });
    };
    const auto begun = proto::SteadyClock::now();
    sound_until([&] { return proto::SteadyClock::now() - begun > 1500ms; });
    for (int i = 0; i < 4; ++i) {
        send("/python/hello");
    }
    sound_until([&] { return workers[1]->requests.size() == 2; });
    CHECK(workers[0]->requests.empty());  // though it has free threads
    workers[0]->say(proto::Pong());
    sound_until([&] { return workers[0]->requests.size() == 2; });
    CHECK(events.silent.empty());
}

TEST_CASE_FIXTURE(RelayFixture, "Relay: a request that hangs is reported, and again when all do") {
    options.hang_grace = 60ms;
    add_worker("a");
    relay().serve_only({"a"});
    const auto first = send("/python/hurried");
    const auto fine = send("/python/hello");
    until([&] { return events.hung.size() == 1; });
    CHECK(answers[first]->error == proto::ErrorCode::deadline);
    CHECK_FALSE(answers[fine]);
    CHECK(events.hung[0].first == "a");
    CHECK(events.hung[0].second.requests == 1);
    CHECK(events.hung[0].second.overdue_ms >= 60);
    CHECK(events.hung[0].second.goes_on);
    CHECK(events.hung[0].second.first);
    workers[0]->answer(workers[0]->requests[1], "fine");
    send("/python/hurried");
    until([&] { return events.hung.size() == 2; });
    CHECK(events.hung[1].second.requests == 2);
    CHECK_FALSE(events.hung[1].second.goes_on);
    CHECK_FALSE(events.hung[1].second.first);
}

TEST_CASE_FIXTURE(RelayFixture, "Relay: a drain waits for what goes on, and not for what hangs") {
    options.hang_grace = 60ms;
    add_worker("a");
    relay().serve_only({"a"});
    send("/python/hurried");
    const auto fine = send("/python/hello");
    until([&] { return events.hung.size() == 1; });
    relay().drain("a", 30'000);
    const auto begun = proto::SteadyClock::now();
    until([&] { return proto::SteadyClock::now() - begun > 200ms; });
    CHECK_FALSE(workers[0]->drained);
    workers[0]->answer(workers[0]->requests[1], "fine");
    until([&] { return workers[0]->drained && answers[fine]; });
    CHECK(answers[fine]->body == "fine");
    CHECK(proto::SteadyClock::now() - begun < 10s);
}

TEST_CASE_FIXTURE(RelayFixture,
                  "Relay: a handler that ends late, but within the grace, is no hang") {
    options.hang_grace = 1500ms;
    add_worker("a");
    relay().serve_only({"a"});
    const auto late = send("/python/hurried");
    until([&] { return answers[late].has_value(); });
    workers[0]->answer(workers[0]->requests[0], "late");
    const auto begun = proto::SteadyClock::now();
    until([&] { return proto::SteadyClock::now() - begun > 1700ms; });
    CHECK(events.hung.empty());
}

TEST_CASE_FIXTURE(RelayFixture,
                  "Relay: quick handlers past their deadline leave no credit behind") {
    add_worker("a");
    relay().serve_only({"a"});
    const auto known = send("/python/hurried");
    until([&] { return !workers[0]->requests.empty(); });
    workers[0]->answer(workers[0]->requests[0], "quick");
    until([&] { return answers[known].has_value(); });
    const auto first = send("/python/hurried");
    const auto second = send("/python/hurried");
    until([&] { return answers[first] && answers[second]; });
    const auto third = send("/python/hurried");
    until([&] { return answers[third].has_value(); });
    CHECK(workers[0]->requests.size() == 3);  // the third waited in the gateway
    workers[0]->answer(workers[0]->requests[1], "at last");
    const auto fourth = send("/python/hello");
    until([&] { return workers[0]->requests.size() == 4; });
    workers[0]->answer(workers[0]->requests[3], "free");
    until([&] { return answers[fourth].has_value(); });
}

TEST_CASE_FIXTURE(
    RelayFixture,
    "Relay: what a blocked worker has not started is recalled, and runs on another one") {
    const auto ledger = add_worker("blocked");
    add_worker("free");
    relay().serve_only({"blocked"});
    const auto known = send("/python/hello");
    until([&] { return !workers[0]->requests.empty(); });
    workers[0]->answer(workers[0]->requests[0], "quick");
    until([&] { return answers[known].has_value(); });
    std::vector<std::size_t> sent;
    sent.reserve(6);
    for (int i = 0; i < 6; ++i) {
        sent.push_back(send("/python/hello"));
    }
    until([&] { return workers[0]->requests.size() == 7; });
    for (const std::size_t index : {1, 2}) {  // two threads, two handlers
        const auto& seen = workers[0]->requests[index];
        REQUIRE(ledger->mark(seen.slot, seen.id));
    }
    const auto begun = proto::SteadyClock::now();
    until([&] { return proto::SteadyClock::now() - begun > 150ms; });
    CHECK(workers[0]->recalled.empty());  // nobody else serves
    relay().serve_only({"blocked", "free"});
    until([&] { return workers[0]->recalled.size() == 4; });
    for (const std::size_t index : {3, 4, 5, 6}) {
        const auto& seen = workers[0]->requests[index];
        CHECK(workers[0]->recalled[index - 3] == seen.id);
        workers[0]->answer(seen, "not run", 0);
    }
    until([&] { return workers[1]->requests.size() == 4; });
    CHECK(workers[1]->requests[0].id == workers[0]->requests[3].id);
    for (const auto& seen : workers[1]->requests) {
        workers[1]->answer(seen, "elsewhere");
    }
    until([&] {
        return std::all_of(
            sent.begin() + 2, sent.end(), [&](auto index) { return answers[index].has_value(); });
    });
    CHECK(answers[sent[5]]->body == "elsewhere");
    workers[0]->answer(workers[0]->requests[1], "slow");
    until([&] { return answers[sent[0]].has_value(); });
    CHECK(answers[sent[0]]->body == "slow");
}

TEST_CASE_FIXTURE(RelayFixture,
                  "Relay: a recalled request that was started just then has its one answer") {
    const auto ledger = add_worker("blocked");
    relay().serve_only({"blocked"});
    const auto known = send("/python/hello");
    until([&] { return !workers[0]->requests.empty(); });
    workers[0]->answer(workers[0]->requests[0], "quick");
    until([&] { return answers[known].has_value(); });
    const auto first = send("/python/hello");
    send("/python/hello");
    send("/python/hello");
    until([&] { return workers[0]->requests.size() == 4; });
    add_worker("free");
    relay().serve_only({"blocked", "free"});
    until([&] { return workers[0]->recalled.size() == 3; });
    const auto& seen = workers[0]->requests[1];
    REQUIRE(ledger->mark(seen.slot, seen.id));
    workers[0]->answer(seen, "run");
    until([&] { return answers[first].has_value(); });
    CHECK(answers[first]->body == "run");
    CHECK(workers[1]->requests.empty());
}

TEST_CASE_FIXTURE(
    RelayFixture,
    "Relay: what a blocked event loop has not started is recalled, and what runs in it is not") {
    const auto ledger = add_worker("blocked");
    relay().serve_only({"blocked"});
    std::vector<std::size_t> sent;
    for (int i = 0; i < 3; ++i) {
        sent.push_back(send("/python/async"));
    }
    until([&] { return workers[0]->requests.size() == 3; });
    REQUIRE(ledger->mark(workers[0]->requests[0].slot, workers[0]->requests[0].id));
    const auto begun = proto::SteadyClock::now();
    until([&] { return proto::SteadyClock::now() - begun > 100ms; });
    CHECK(workers[0]->recalled.empty());  // nobody else serves
    add_worker("free");
    relay().serve_only({"blocked", "free"});
    until([&] { return workers[0]->recalled.size() == 2; });
    CHECK(workers[0]->cancelled.empty());
    for (const std::size_t index : {1, 2}) {
        CHECK(workers[0]->recalled[index - 1] == workers[0]->requests[index].id);
        workers[0]->answer(workers[0]->requests[index], "not run", 0);
    }
    until([&] { return workers[1]->requests.size() == 2; });
    for (const auto& seen : workers[1]->requests) {
        workers[1]->answer(seen, "elsewhere");
    }
    until([&] { return answers[sent[1]] && answers[sent[2]]; });
    CHECK(answers[sent[2]]->body == "elsewhere");
    workers[0]->answer(workers[0]->requests[0], "slow");
    until([&] { return answers[sent[0]].has_value(); });
    CHECK(answers[sent[0]]->body == "slow");
}

}  // namespace typhon::relay
