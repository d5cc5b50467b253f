#include <string>

#include "server_fixture.hpp"
#include <doctest/doctest.h>

using namespace typhon;
using namespace typhon::test;

namespace {

/// POST /body answers with the body.
class BodyFixture : public ServerFixture {
public:
    BodyFixture() {
        router.add("POST", "/body", [](const Request& request, Response& response) {
            response.set_content(request.body, "text/plain");
        });
    }
};

std::string chunked_request(const std::string& path, const std::string& chunks) {
    return "POST " + path + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks;
}

}  // namespace

TEST_CASE_FIXTURE(BodyFixture, "Body: small and large bodies arrive whole") {
    start();
    Client client = connect();
    for (const std::size_t size : {std::size_t{1},
                                   std::size_t{900},
                                   std::size_t{5000},
                                   std::size_t{70'000},
                                   std::size_t{5'000'000}}) {
        std::string body(size, 'x');
        body.back() = 'y';
        client.send(post_request("/body", body));
        CHECK(client.read().body == body);
    }
}

TEST_CASE_FIXTURE(BodyFixture, "Body: chunked bodies arrive whole, with the next request behind") {
    start();
    Client client = connect();
    client.send(chunked_request("/body", "3\r\nabc\r\n2;x\r\nde\r\n0\r\nT: 1\r\n\r\n") +
                get_request("/native/hello"));
    CHECK(client.read().body == "abcde");
    CHECK(client.read().status == 200);
    const std::string piece(10'000, 'z');
    std::string chunks;
    for (int i = 0; i < 100; ++i) {
        chunks += "2710\r\n" + piece + "\r\n";
    }
    client.send(chunked_request("/body", chunks + "0\r\n\r\n"));
    CHECK(client.read().body.size() == 1'000'000);
    for (const char c : chunked_request("/body", "1\r\na\r\n0\r\n\r\n")) {
        client.send({&c, 1});
    }
    CHECK(client.read().body == "a");
}

TEST_CASE_FIXTURE(BodyFixture,
                  "Body: path parameters are right after another request ran between") {
    router.add("POST", "/p/<name>", [](const Request& request, Response& response) {
        response.set_content(request.path + request.path_params.at("name"), "text/plain");
    });
    start();
    Client slow = connect();
    slow.send("POST /p/one HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx");
    Client other = connect();
    other.send(post_request("/p/two", "x"));
    CHECK(other.read().body == "/p/twotwo");
    slow.send("y");
    CHECK(slow.read().body == "/p/oneone");
}

TEST_CASE_FIXTURE(BodyFixture, "Body: too large is 413, by length and while chunks are counted") {
    options.max_body = 1000;
    start();
    Client by_length = connect();
    by_length.send("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n");
    CHECK(by_length.read().status == 413);
    CHECK(by_length.ends_cleanly());
    Client by_chunks = connect();
    by_chunks.send(chunked_request(
        "/body", "200\r\n" + std::string(512, 'a') + "\r\n200\r\n" + std::string(512, 'a')));
    CHECK(by_chunks.read().status == 413);
    CHECK(by_chunks.ends_cleanly());
}

TEST_CASE_FIXTURE(BodyFixture,
                  "Body: a client that is still sending reads the refusal, not a reset") {
    options.max_body = 1000;
    start();
    Client client = connect();
    client.send("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
    client.send(std::string(3'000'000, 'a'));
    CHECK(client.read().status == 413);
    CHECK(client.ends_cleanly());
}

TEST_CASE_FIXTURE(BodyFixture, "Body: 100-continue is said when the body is wanted") {
    start();
    Client client = connect();
    client.send(
        "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    CHECK(client.read().status == 100);
    client.send("abc");
    CHECK(client.read().body == "abc");
    client.send(
        "POST /nope HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    const Answer refused = client.read();
    CHECK(refused.status == 404);
    CHECK(refused.header("connection") == "close");
}

TEST_CASE_FIXTURE(BodyFixture,
                  "Body: an unwanted small body is dropped, a large one ends the connection") {
    start();
    Client client = connect();
    client.send("POST /nope HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n");
    CHECK(client.read().status == 404);
    client.send(std::string(5000, 'a') + get_request("/native/hello"));
    CHECK(client.read().status == 200);
    client.send("POST /nope HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n");
    CHECK(client.read().header("connection") == "close");
    CHECK(client.ends_cleanly());
}

TEST_CASE_FIXTURE(BodyFixture, "Body: bad chunks are 400 and nothing after them is executed") {
    start();
    Client client = connect();
    client.send(chunked_request("/body", "3\r\nabcX\r\n0\r\n\r\n") + get_request("/native/hello"));
    CHECK(client.read().status == 400);
    CHECK(client.ends_cleanly());
}

TEST_CASE_FIXTURE(BodyFixture, "Body: a client that leaves in the middle is forgotten") {
    start();
    {
        Client client = connect();
        client.send("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
        CHECK(eventually([&] { return connections() == 1; }));
    }
    CHECK(eventually([&] { return connections() == 0; }));
}
