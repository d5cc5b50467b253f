// Promises of the relay, with a real ROUTER, a real loop and workers played by DEALER sockets in
// the test.
#include "gateway/relay/relay.hpp"

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <doctest/doctest.h>
#include <unistd.h>
#include <zmq.hpp>

#include "proto/limits.hpp"

namespace typhon::relay {

namespace {

using namespace std::chrono_literals;

struct Events final : WorkerEvents {
    void on_ready(const std::string& identity, const proto::Ready& /*ready*/) override {
        ready.push_back(identity);
    }
    void on_start_error(const std::string& /*identity*/, const proto::StartError& error) override {
        errors.push_back(error.text);
    }
    void on_draining(const std::string& identity) override { draining.push_back(identity); }
    void on_silent(const std::string& identity, std::uint32_t /*silent_ms*/) override {
        silent.push_back(identity);
    }
    void on_hung(const std::string& identity, const HangReport& report) override {
        hung.emplace_back(identity, report);
    }
    std::vector<std::string> ready;
    std::vector<std::string> errors;
    std::vector<std::string> draining;
    std::vector<std::string> silent;
    std::vector<std::pair<std::string, HangReport>> hung;
};

/// A worker's end of the wire: it says what the test tells it to say.
class FakeWorker {
public:
    FakeWorker(const std::string& identity, const std::string& endpoint) : identity_(identity) {
        dealer_.set(zmq::sockopt::routing_id, identity);
        dealer_.set(zmq::sockopt::linger, 0);
        dealer_.connect(endpoint);
    }

    template <class Envelope>
    void say(const Envelope& envelope) {
        std::string bytes;
        proto::encode(envelope, bytes);
        dealer_.send(zmq::buffer(bytes), zmq::send_flags::none);
    }

    void say_ready(const std::string& token, std::vector<proto::RouteInfo> routes) {
        proto::Ready ready;
        ready.version = proto::kProtocolVersion;
        ready.token = token;
        ready.threads = 2;
        ready.async_capacity = 10;
        ready.routes = std::move(routes);
        say(ready);
    }

    /// Takes what has arrived. Requests go to `requests`, the rest is counted.
    void receive() {
        zmq::message_t frame;
        while (dealer_.recv(frame, zmq::recv_flags::dontwait)) {
            ++frames;
            reader_.open({static_cast<const char*>(frame.data()), frame.size()});
            while (auto envelope = reader_.next()) {
                if (const auto* request = std::get_if<proto::Request>(&*envelope)) {
                    requests.push_back(
                        {request->id, request->slot, request->left_ms, std::string(request->path)});
                }
                drained = drained || std::holds_alternative<proto::Drain>(*envelope);
                if (const auto* cancel = std::get_if<proto::Cancel>(&*envelope)) {
                    ++cancels;
                    cancelled.push_back(cancel->id);
                }
                pings += std::holds_alternative<proto::Ping>(*envelope) ? 1 : 0;
            }
        }
    }

    struct Seen {
        std::uint64_t id;
        std::uint32_t slot;
        std::uint32_t left_ms;
        std::string path;
    };

    void answer(const Seen& seen, std::string_view body, std::uint32_t run_us = 10) {
        proto::Reply reply;
        reply.id = seen.id;
        reply.slot = seen.slot;
        reply.run_us = run_us;
        reply.body = body;
        say(reply);
    }

    std::deque<Seen> requests;
    int frames = 0;
    int cancels = 0;
    std::vector<std::uint64_t> cancelled;
    int pings = 0;
    bool drained = false;

private:
    std::string identity_;
    zmq::context_t context_{1};
    zmq::socket_t dealer_{context_, zmq::socket_type::dealer};
    proto::BatchReader reader_;
};

struct Answer {
    proto::ErrorCode error = proto::ErrorCode::none;
    std::string body;
    std::string allow;
    std::uint32_t retry_after_s = 0;
};

/// Relay, loop and clients in one thread: `until(condition)` runs the loop and the workers until it
/// holds.
class RelayFixture {
public:
    RelayFixture() {
        options.request_timeout = 5s;
        options.queue_requests = 8;
    }
    ~RelayFixture() {
        if (relay_) {
            relay_->close();
        }
        loop.restart();
        loop.poll();
        std::remove(path_.c_str());
    }
    RelayFixture(const RelayFixture&) = delete;
    RelayFixture& operator=(const RelayFixture&) = delete;
    RelayFixture(RelayFixture&&) = delete;
    RelayFixture& operator=(RelayFixture&&) = delete;

    Relay& relay() {
        if (!relay_) {
            relay_ = std::make_unique<Relay>(
                std::vector<asio::io_context*>{&loop}, options, "ipc://" + path_);
            relay_->start(events);
        }
        return *relay_;
    }

    std::shared_ptr<proto::Ledger> add_worker(const std::string& identity) {
        auto ledger = std::make_shared<proto::Ledger>(proto::Ledger::create());
        relay().expect(identity, "secret", ledger);
        workers.push_back(std::make_unique<FakeWorker>(identity, "ipc://" + path_));
        workers.back()->say_ready("secret", routes());
        const std::size_t before = events.ready.size();
        until([&] { return events.ready.size() > before; });
        return ledger;
    }

    static std::vector<proto::RouteInfo> routes() {
        proto::RouteInfo hello;
        hello.methods = {"GET", "POST"};
        hello.pattern = "/python/hello";
        hello.name = "app.hello";
        proto::RouteInfo limited = hello;
        limited.pattern = "/python/limited";
        limited.max_in_flight = 1;
        proto::RouteInfo hurried = hello;
        hurried.pattern = "/python/hurried";
        hurried.timeout_ms = 50;
        return {hello, limited, hurried};
    }

    /// Sends a request; its answer appears in `answers[index]`.
    std::size_t send(std::string path, std::string method = "GET") {
        const std::size_t index = answers.size();
        answers.emplace_back();
        calls.push_back(std::make_unique<Call>());
        calls.back()->id = index + 1;
        asio::co_spawn(
            loop, client(*calls.back(), index, std::move(path), std::move(method)), asio::detached);
        return index;
    }

    void until(const std::function<bool()>& condition) {
        const auto deadline = proto::Deadline::after(10s);
        while (!condition()) {
            REQUIRE_FALSE(deadline.passed());
            loop.restart();
            loop.run_for(1ms);
            for (auto& worker : workers) {
                worker->receive();
            }
        }
    }

    asio::io_context loop{1};
    RelayOptions options;
    Events events;
    std::vector<std::unique_ptr<FakeWorker>> workers;
    std::vector<std::optional<Answer>> answers;
    std::vector<std::unique_ptr<Call>> calls;

private:
    Task<void> client(Call& call, std::size_t index, std::string path, std::string method) {
        proto::Request request;
        request.method = method;
        request.path = path;
        co_await relay().send(call, request);
        answers[index] =
            Answer{call.error, std::string(call.reply.body), call.allow, call.retry_after_s};
    }

    std::string path_ = "/tmp/typhon-relay-test-" + std::to_string(::getpid()) + ".sock";
    std::unique_ptr<Relay> relay_;
};

}  // namespace

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

TEST_CASE_FIXTURE(
    RelayFixture,
    "Relay: a worker drains when its last request is answered, and gets no new ones") {
    add_worker("a");
    relay().serve_only({"a"});
    const auto index = send("/python/hello");
    until([&] { return workers[0]->requests.size() == 1; });
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
    relay().expect("a", "secret", std::make_shared<proto::Ledger>(proto::Ledger::create()));
    workers.push_back(std::make_unique<FakeWorker>(
        "a", "ipc:///tmp/typhon-relay-test-" + std::to_string(::getpid()) + ".sock"));
    workers[0]->say_ready("guess", routes());
    workers[0]->say(proto::StartError{"import", "seen"});  // arrives after READY was refused
    until([&] { return !events.errors.empty(); });
    CHECK(events.ready.empty());
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

TEST_CASE_FIXTURE(RelayFixture,
                  "Relay: a worker that missed PINGs gets no request while another is sound") {
    options.ping_interval = 20ms;
    options.silent_timeout = 5s;
    add_worker("quiet");
    add_worker("sound");
    relay().serve_only({"quiet", "sound"});
    const auto sound_until = [&](const std::function<bool()>& condition) {
        until([&] {
            workers[1]->say(proto::Pong());
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
    options.hang_grace = 300ms;
    add_worker("a");
    relay().serve_only({"a"});
    const auto late = send("/python/hurried");
    until([&] { return answers[late].has_value(); });
    workers[0]->answer(workers[0]->requests[0], "late");
    const auto begun = proto::SteadyClock::now();
    until([&] { return proto::SteadyClock::now() - begun > 500ms; });
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
    CHECK(workers[0]->cancelled.empty());  // nobody else serves
    relay().serve_only({"blocked", "free"});
    until([&] { return workers[0]->cancelled.size() == 4; });
    for (const std::size_t index : {3, 4, 5, 6}) {
        const auto& seen = workers[0]->requests[index];
        CHECK(workers[0]->cancelled[index - 3] == seen.id);
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
    until([&] { return workers[0]->cancelled.size() == 3; });
    const auto& seen = workers[0]->requests[1];
    REQUIRE(ledger->mark(seen.slot, seen.id));
    workers[0]->answer(seen, "run");
    until([&] { return answers[first].has_value(); });
    CHECK(answers[first]->body == "run");
    CHECK(workers[1]->requests.empty());
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
    workers[0]->answer(workers[0]->requests[0], "true");
    until([&] { return answers[index].has_value(); });
    CHECK(answers[index]->body == "true");
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
