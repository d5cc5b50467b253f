#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "server_fixture.hpp"
#include <doctest/doctest.h>

#include "proto/limits.hpp"

using namespace typhon;
using namespace typhon::test;

namespace {

class DrainFixture : public ServerFixture {
public:
    void drain() {
        on_loop([this] {
            server->on_empty = [this] { empty = true; };
            server->begin_drain();
        });
    }
    std::atomic<bool> empty = false;
};

}  // namespace

TEST_CASE_FIXTURE(DrainFixture, "Drain: without connections it is empty at once") {
    start();
    drain();
    CHECK(eventually([&] { return empty.load(); }));
}

TEST_CASE_FIXTURE(DrainFixture, "Drain: an idle connection is closed after a quiet while") {
    start();
    Client client = connect();
    CHECK(client.get("/native/hello").status == 200);
    drain();
    CHECK(client.ends_cleanly());
    CHECK(eventually([&] { return empty.load(); }));
}

TEST_CASE_FIXTURE(DrainFixture, "Drain: what runs is answered with Connection: close") {
    start();
    Client client = connect();
    client.send(get_request("/python/x"));
    CHECK(eventually([&] { return port.seen().size() == 1; }));
    drain();
    CHECK_FALSE(empty);
    port.finish_waiting([](relay::Call& call) { call.reply.body = "done"; });
    const Answer answer = client.read();
    CHECK(answer.body == "done");
    CHECK(answer.header("connection") == "close");
    CHECK(client.ends_cleanly());
    CHECK(eventually([&] { return empty.load(); }));
}

TEST_CASE_FIXTURE(DrainFixture, "Drain: requests that were read are all answered") {
    start();
    Client client = connect();
    client.send(get_request("/python/x") + get_request("/native/hello") +
                get_request("/native/hello"));
    CHECK(eventually([&] { return port.seen().size() == 1; }));
    drain();
    port.finish_waiting([](relay::Call&) {});
    CHECK(client.read().header("connection").empty());
    CHECK(client.read().header("connection").empty());
    CHECK(client.read().header("connection") == "close");
    CHECK(client.ends_cleanly());
}

TEST_CASE_FIXTURE(DrainFixture,
                  "Drain: a request that came too late does not reset the answer before") {
    start();
    Client client = connect();
    client.send(get_request("/python/x"));
    CHECK(eventually([&] { return port.seen().size() == 1; }));
    client.send(get_request("/python/late"));
    drain();
    port.finish_waiting([](relay::Call& call) { call.reply.body = "done"; });
    const Answer answer = client.read();
    CHECK(answer.body == "done");
    CHECK(answer.header("connection") == "close");
    CHECK(client.ends_cleanly());
    CHECK(port.seen().size() == 1);
    client.finish_sending();
    CHECK(eventually([&] { return empty.load(); }));
}

TEST_CASE_FIXTURE(DrainFixture,
                  "Drain: an unwanted body that is on its way does not reset the answer") {
    start();
    Client client = connect();
    client.send(get_request("/python/x") +
                "POST /nope HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n");
    CHECK(eventually([&] { return port.seen().size() == 1; }));
    client.send("body");
    drain();
    port.finish_waiting([](relay::Call&) {});
    CHECK(client.read().status == 200);
    const Answer refused = client.read();
    CHECK(refused.status == 404);
    CHECK(refused.header("connection") == "close");
    CHECK(client.ends_cleanly());
}

TEST_CASE_FIXTURE(DrainFixture,
                  "Drain: the rest of a body that its handler leaves does not reset the answer") {
    constexpr std::size_t kSize = proto::kStreamWindow + 10'000;
    port.rule.streams = true;
    start();
    Client client = connect();
    client.send("POST /python/x HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(kSize) +
                "\r\n\r\n" + std::string(proto::kStreamWindow, 'x'));
    CHECK(eventually([&] { return port.seen().size() == 1; }));
    port.open_waiting();
    CHECK(eventually([&] { return port.pieces().size() == proto::kStreamWindow; }));
    client.send(std::string(kSize - proto::kStreamWindow, 'x'));  // beyond what may be read
    drain();
    port.finish_waiting([](relay::Call& call) { call.reply.body = "enough"; });
    const Answer answer = client.read();
    CHECK(answer.body == "enough");
    CHECK(answer.header("connection") == "close");
    CHECK(client.ends_cleanly());
}

TEST_CASE_FIXTURE(DrainFixture, "Drain: under load no request is reset or cut off") {
    start();
    std::atomic<int> answered = 0;
    std::atomic<int> faults = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            Client client = connect();
            for (;;) {
                client.send(get_request("/native/hello"));
                const Answer answer = client.read();
                if (answer.status != 200) {
                    ++faults;
                    return;
                }
                ++answered;
                if (answer.header("connection") == "close") {
                    return;
                }
            }
        });
    }
    CHECK(eventually([&] { return answered > 500; }));
    drain();
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(faults == 0);
    CHECK(eventually([&] { return empty.load(); }));
}

TEST_CASE_FIXTURE(DrainFixture, "close_all: ends everything, calls that wait are cancelled") {
    start();
    Client idle = connect();
    CHECK(idle.get("/native/hello").status == 200);
    Client waiting = connect();
    waiting.send(get_request("/python/x"));
    CHECK(eventually([&] { return port.seen().size() == 1; }));
    on_loop([this] { server->close_all(); });
    CHECK(eventually([&] { return connections() == 0; }));
    CHECK(port.cancelled() == 1);
    CHECK(idle.ends_cleanly());
}
