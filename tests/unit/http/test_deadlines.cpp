#include <chrono>
#include <string>

#include "server_fixture.hpp"
#include <doctest/doctest.h>

using namespace typhon;
using namespace typhon::test;

TEST_CASE_FIXTURE(ServerFixture, "Deadline: a slow head is 408, a silent client is closed") {
    options.head_timeout = Milliseconds(200);
    start();
    Client slow = connect();
    Client silent = connect();
    slow.send("GET / HTTP/1.1\r\nHo");
    CHECK(slow.read().status == 408);
    CHECK(slow.ends_cleanly());
    CHECK(silent.ends_cleanly());
    CHECK(eventually([&] { return connections() == 0; }));
}

TEST_CASE_FIXTURE(ServerFixture, "Deadline: the head's time is a total, bytes do not extend it") {
    options.head_timeout = Milliseconds(300);
    start();
    Client client = connect();
    const auto begin = std::chrono::steady_clock::now();
    bool sent = client.send("GET / HTTP/1.1\r\nX: ");
    bool over = false;
    CHECK(eventually([&] {
        sent = client.send("x");
        over = std::chrono::steady_clock::now() - begin > std::chrono::milliseconds(1000);
        return over || !sent;
    }));
    const auto asked = std::chrono::steady_clock::now();
    CHECK(client.read().status == 408);  // it came while bytes were still arriving
    CHECK(std::chrono::steady_clock::now() - asked < std::chrono::milliseconds(150));
}

TEST_CASE_FIXTURE(ServerFixture, "Deadline: each of many pipelined heads has its own time") {
    options.head_timeout = Milliseconds(1000);
    start();
    Client client = connect();
    const std::string request = get_request("/native/hello");
    const std::string begun = request.substr(0, 10);
    const auto end = std::chrono::steady_clock::now() + 2 * options.head_timeout;
    client.send(begun);
    while (std::chrono::steady_clock::now() < end) {  // a head is never missing, and never whole
        client.send(request.substr(begun.size()) + begun);
        REQUIRE(client.read().status == 200);
    }
    client.send(request.substr(begun.size()));
    CHECK(client.read().status == 200);
}

TEST_CASE_FIXTURE(ServerFixture, "Deadline: an idle connection is closed") {
    options.idle_timeout = Milliseconds(200);
    start();
    Client client = connect();
    CHECK(client.get("/native/hello").status == 200);
    CHECK(client.ends_cleanly());
}

TEST_CASE_FIXTURE(ServerFixture, "Deadline: a slow body is 408") {
    options.body_timeout = Milliseconds(200);
    start();
    Client client = connect();
    client.send("POST /native/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    CHECK(client.read().status == 408);
    CHECK(client.ends_cleanly());
    Client chunked = connect();
    chunked.send(
        "POST /native/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n");
    CHECK(chunked.read().status == 408);
}

TEST_CASE_FIXTURE(ServerFixture, "Deadline: a client that does not read its answer is closed") {
    options.write_timeout = Milliseconds(200);
    router.add("GET", "/big", [](const Request&, Response& response) {
        response.set_content(std::string(64 << 20, 'x'), "text/plain");
    });
    start();
    Client client = connect();
    client.shrink_window();
    client.send(get_request("/big"));
    CHECK(eventually([&] { return connections() == 1; }));
    CHECK(eventually([&] { return connections() == 0; }));
}

TEST_CASE_FIXTURE(
    ServerFixture,
    "Deadline: a slow head that has grown out of its buffer is 408, too, HEAD without body") {
    options.head_timeout = Milliseconds(200);
    start();
    Client client = connect();
    client.send("HEAD / HTTP/1.1\r\nX: " + std::string(40000, 'a'));
    CHECK(client.read(true).status == 408);
    CHECK(client.ends_cleanly());
}
