#include <string>

#include "server_fixture.hpp"
#include <doctest/doctest.h>

using namespace typhon;
using namespace typhon::test;

TEST_CASE_FIXTURE(ServerFixture, "Connection: requests follow each other on one connection") {
    start();
    Client client = connect();
    for (int i = 0; i < 100; ++i) {
        const Answer answer = client.get("/native/hello");
        REQUIRE(answer.status == 200);
        CHECK(answer.body.find("Hello from C++") != std::string::npos);
        CHECK(answer.header("content-type") == "application/json");
        CHECK_FALSE(answer.header("date").empty());
    }
    CHECK(connections() == 1);
}

TEST_CASE_FIXTURE(ServerFixture, "Connection: pipelined requests are answered in order") {
    port.outcome = [](relay::Call& call) { call.reply.body = "python"; };
    router.add("GET", "/n/<int:n>", [](const Request& request, Response& response) {
        response.set_content(request.path_params.at("n"), "text/plain");
    });
    start();
    Client client = connect();
    std::string burst;
    for (int i = 0; i < 200; ++i) {
        burst += i % 10 == 7 ? get_request("/python/x")
                             : (i % 10 == 8 ? post_request("/nope", "ignored")
                                            : get_request("/n/" + std::to_string(i)));
    }
    client.send(burst);
    for (int i = 0; i < 200; ++i) {
        const std::string body = client.read().body;
        if (i % 10 == 7) {
            REQUIRE(body == "python");
        } else if (i % 10 == 8) {
            REQUIRE(body.find("not found") != std::string::npos);
        } else {
            REQUIRE(body == std::to_string(i));
        }
    }
}

TEST_CASE_FIXTURE(ServerFixture, "Connection: a request may arrive byte by byte") {
    start();
    Client client = connect();
    const std::string request =
        post_request("/native/echo", "[1]", "Content-Type: application/json\r\n");
    for (const char c : request) {
        REQUIRE(client.send({&c, 1}));
    }
    CHECK(client.read().body == R"({"echo":[1],"source":"native"})");
    CHECK(client.get("/native/hello").status == 200);
}

TEST_CASE_FIXTURE(ServerFixture, "Connection: Connection: close ends it after the answer") {
    start();
    Client client = connect();
    client.send(get_request("/native/hello", "Connection: close\r\n"));
    CHECK(client.read().header("connection") == "close");
    CHECK(client.ends_cleanly());
    CHECK(eventually([&] { return connections() == 0; }));
}

TEST_CASE_FIXTURE(ServerFixture, "Connection: HTTP/1.0 closes unless it asks to keep alive") {
    start();
    Client first = connect();
    first.send("GET /native/hello HTTP/1.0\r\n\r\n");
    CHECK(first.read().header("connection") == "close");
    CHECK(first.ends_cleanly());
    Client second = connect();
    for (int i = 0; i < 2; ++i) {
        second.send("GET /native/hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        CHECK(second.read().header("connection") == "keep-alive");
    }
}

TEST_CASE_FIXTURE(ServerFixture,
                  "Connection: a client that has finished sending gets its answers") {
    port.outcome = [](relay::Call& call) { call.reply.body = "late"; };
    start();
    Client client = connect();
    client.send(get_request("/native/hello") + get_request("/python/x"));
    client.finish_sending();
    CHECK(client.read().status == 200);
    CHECK(client.read().body == "late");
    CHECK(client.ends_cleanly());
}

TEST_CASE_FIXTURE(ServerFixture, "Connection: HEAD has the head of GET and no body") {
    start();
    Client client = connect();
    client.send("HEAD /native/hello HTTP/1.1\r\nHost: a\r\n\r\n");
    const Answer head = client.read(true);
    const Answer get = client.get("/native/hello");
    CHECK(head.status == 200);
    CHECK(head.header("content-length") == get.header("content-length"));
}

TEST_CASE_FIXTURE(ServerFixture, "Connection: routes that are not there, and wrong methods") {
    start();
    Client client = connect();
    const Answer missing = client.get("/nope");
    CHECK(missing.status == 404);
    CHECK(missing.body.find("\"request_id\"") != std::string::npos);
    client.send(post_request("/native/hello", ""));
    const Answer wrong = client.read();
    CHECK(wrong.status == 405);
    CHECK(wrong.header("allow").find("GET") != std::string::npos);
    client.send("OPTIONS /native/hello HTTP/1.1\r\nHost: a\r\n\r\n");
    const Answer allowed = client.read();
    CHECK(allowed.status == 204);
    CHECK(allowed.header("allow").find("GET") != std::string::npos);
    client.send("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(client.read().status == 204);
    CHECK(client.get("/-/healthy").body == R"({"status":"ok"})");
    CHECK(client.get("/%zz").status == 400);
    CHECK(client.get("/../x").status == 400);
    CHECK(client.get("/native/hello").status == 200);
}

TEST_CASE_FIXTURE(ServerFixture, "Connection: a refused head gets its answer, then a clean end") {
    start();
    const char* bad[] = {"GET / HTTP/1.1\r\n\r\n",
                         "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
                         "nonsense\r\n\r\n",
                         "GET / HTTP/1.1\nHost: a\n\n"};
    for (const char* bytes : bad) {
        Client client = connect();
        client.send(std::string(bytes) + get_request("/native/hello"));
        CHECK(client.read().status == 400);
        CHECK(client.ends_cleanly());
    }
}

TEST_CASE_FIXTURE(ServerFixture, "Connection: above the limit a client is told 503") {
    options.max_connections = 2;
    start();
    Client first = connect();
    Client second = connect();
    CHECK(first.get("/native/hello").status == 200);
    CHECK(second.get("/native/hello").status == 200);
    Client third = connect();
    const Answer refused = third.get("/native/hello");
    CHECK(refused.status == 503);
    CHECK_FALSE(refused.header("retry-after").empty());
    CHECK(third.ends_cleanly());
    first.reset();
    CHECK(eventually([&] { return connections() <= 2; }));
    CHECK(eventually([&] { return connect().get("/native/hello").status == 200; }));
}

TEST_CASE_FIXTURE(ServerFixture, "Connection: large heads are read, too large ones are 431") {
    options.max_head = 32 << 10;
    start();
    Client client = connect();
    client.send(get_request("/native/hello", "X: " + std::string(30000, 'a') + "\r\n"));
    CHECK(client.read().status == 200);
    client.send(get_request("/native/hello", "X: " + std::string(40000, 'a') + "\r\n"));
    CHECK(client.read().status == 431);
    CHECK(client.ends_cleanly());
}
