#include <string>

#include "server_fixture.hpp"
#include <doctest/doctest.h>

#include "proto/codec.hpp"

using namespace typhon;
using namespace typhon::test;

TEST_CASE_FIXTURE(ServerFixture, "Python: the relay gets the request as it was sent") {
    port.outcome = [](relay::Call&) {};
    start();
    Client client = connect();
    client.send(post_request("/python/a%20b?x=%31",
                             std::string(3000, 'b'),
                             "Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nTE: x\r\nX-A: v\r\n"));
    CHECK(client.read().status == 200);
    REQUIRE(port.seen().size() == 1);
    const Seen seen = port.seen().front();
    CHECK(seen.method == "POST");
    CHECK(seen.path == "/python/a%20b");
    CHECK(seen.query == "x=%31");
    CHECK(seen.client.substr(0, 10) == "127.0.0.1:");
    CHECK(seen.body == std::string(3000, 'b'));
    REQUIRE(seen.headers.size() == 3);
    CHECK(seen.headers[0] == std::pair<std::string, std::string>{"Host", "test"});
    CHECK(seen.headers[1].first == "Content-Length");
    CHECK(seen.headers[2] == std::pair<std::string, std::string>{"X-A", "v"});
}

TEST_CASE_FIXTURE(ServerFixture, "Python: the reply becomes the answer") {
    std::string block;
    proto::HeaderBlockWriter writer(block, 3);
    writer.add("X-One", "1");
    writer.add("Content-Length", "999");
    writer.add("Set-Cookie", "a=b");
    const std::string big(200'000, 'p');
    port.outcome = [&](relay::Call& call) {
        call.reply.status = 201;
        call.reply.content_type = "text/plain";
        call.reply.headers = block;
        call.reply.body = big;
    };
    start();
    Client client = connect();
    const Answer answer = client.get("/python/x");
    CHECK(answer.status == 201);
    CHECK(answer.header("content-type") == "text/plain");
    CHECK(answer.header("x-one") == "1");
    CHECK(answer.header("set-cookie") == "a=b");
    CHECK(answer.body == big);
    client.send("HEAD /python/x HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(client.read(true).header("content-length") == "200000");
    CHECK(client.get("/native/hello").status == 200);
}

TEST_CASE_FIXTURE(ServerFixture, "Python: a reply that could split the answer is 502") {
    std::string block;
    proto::HeaderBlockWriter writer(block, 1);
    writer.add("X-One", "1\r\nX-Two: 2");
    int turn = 0;
    port.outcome = [&](relay::Call& call) {
        ++turn;
        call.reply.headers = turn == 1 ? std::string_view(block) : std::string_view();
        call.reply.status = turn == 2 ? 1000 : 200;
        call.reply.content_type = turn == 3 ? "a\nb" : "text/plain";
    };
    start();
    Client client = connect();
    CHECK(client.get("/python/x").status == 502);
    CHECK(client.get("/python/x").status == 502);
    CHECK(client.get("/python/x").status == 502);
    CHECK(client.get("/python/x").status == 200);
}

TEST_CASE_FIXTURE(ServerFixture, "Python: faults of the relay become answers in the error form") {
    int turn = 0;
    port.outcome = [&](relay::Call& call) {
        switch (turn++) {
            case 0:
                call.error = proto::ErrorCode::queue_full;
                call.retry_after_s = 3;
                break;
            case 1:
                call.error = proto::ErrorCode::method_not_allowed;
                call.allow = "POST, OPTIONS";
                break;
            case 2:
                call.options = true;
                call.allow = "POST, OPTIONS";
                break;
            default:
                call.error = proto::ErrorCode::deadline;
        }
    };
    start();
    Client client = connect();
    const Answer full = client.get("/python/x");
    CHECK(full.status == 503);
    CHECK(full.header("retry-after") == "3");
    const Answer method = client.get("/python/x");
    CHECK(method.status == 405);
    CHECK(method.header("allow") == "POST, OPTIONS");
    client.send("OPTIONS /python/x HTTP/1.1\r\nHost: a\r\n\r\n");
    const Answer allowed = client.read();
    CHECK(allowed.status == 204);
    CHECK(allowed.header("allow") == "POST, OPTIONS");
    CHECK(client.get("/python/x").status == 504);
}

TEST_CASE_FIXTURE(ServerFixture, "Python: a client that resets cancels its request") {
    start();
    Client client = connect();
    client.send(get_request("/python/x"));
    CHECK(eventually([&] { return port.seen().size() == 1; }));
    client.reset();
    CHECK(eventually([&] { return port.cancelled() == 1; }));
    CHECK(eventually([&] { return connections() == 0; }));
}

TEST_CASE_FIXTURE(ServerFixture, "Python: a client that has finished sending still waits") {
    start();
    Client client = connect();
    client.send(get_request("/python/x"));
    client.finish_sending();
    CHECK(eventually([&] { return port.seen().size() == 1; }));
    Client leaver = connect();
    leaver.send(get_request("/python/x"));
    CHECK(eventually([&] { return port.seen().size() == 2; }));
    leaver.reset();
    // Clients are looked at in the order of their requests: the first one has had its look.
    CHECK(eventually([&] { return port.cancelled() != 0; }));
    CHECK(port.cancelled() == 1);
    port.finish_waiting([](relay::Call& call) { call.reply.body = "patience"; });
    CHECK(client.read().body == "patience");
}
