// Request bodies share a bounded memory: who waits, who passes, who is refused.
#include <string>

#include "server_fixture.hpp"
#include <doctest/doctest.h>

using namespace typhon;
using namespace typhon::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kLarge = 600'000;
constexpr std::size_t kMebi = 1U << 20;

/// One mebibyte for all bodies: one of kLarge fits, a second one does not.
class MemoryFixture : public ServerFixture {
public:
    MemoryFixture() {
        options.max_body = kMebi;
        options.max_body_memory = kMebi;
        router.add("POST", "/size", [](const Request& request, Response& response) {
            response.set_content(std::to_string(request.body.size()), "text/plain");
        });
    }

    /// The head of a request with a body of `size`, and the body's first byte.
    static std::string begin(std::size_t size) {
        return "POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) +
               "\r\n\r\nx";
    }
    static std::string rest(std::size_t size) { return std::string(size - 1, 'x'); }

    bool holds(std::size_t bytes) {
        return eventually([&] { return bodies->used() == bytes; });
    }
};

std::string chunk(std::size_t size) {
    char head[16];
    std::snprintf(head, sizeof head, "%zx\r\n", size);
    return head + std::string(size, 'x') + "\r\n";
}

}  // namespace

TEST_CASE_FIXTURE(MemoryFixture, "BodyMemory: a large body waits for another, small ones pass") {
    start();
    Client first = connect();
    first.send(begin(kLarge));
    CHECK(holds(kLarge));
    Client second = connect();
    second.send(begin(kLarge) + rest(kLarge));
    Client small = connect();
    small.send(post_request("/size", std::string(60'000, 'x')));
    CHECK(small.read().body == "60000");
    CHECK(bodies->used() == kLarge);
    first.send(rest(kLarge));
    CHECK(first.read().body == std::to_string(kLarge));
    CHECK(second.read().body == std::to_string(kLarge));
    CHECK(holds(0));
}

TEST_CASE_FIXTURE(MemoryFixture, "BodyMemory: large bodies are read in the order of arrival") {
    start();
    Client first = connect();
    first.send(begin(kLarge));
    CHECK(holds(kLarge));
    Client second = connect();
    second.send(begin(kMebi));
    CHECK(connect().get("/native/hello").status == 200);  // the second has been seen
    Client third = connect();  // would fit beside the first, but is behind the second
    third.send(begin(100'000));
    CHECK(connect().get("/native/hello").status == 200);
    CHECK(bodies->used() == kLarge);
    first.send(rest(kLarge));
    CHECK(first.read().status == 200);
    CHECK(holds(kMebi));
    second.send(rest(kMebi));
    CHECK(second.read().body == std::to_string(kMebi));
    CHECK(holds(100'000));
    third.send(rest(100'000));
    CHECK(third.read().body == "100000");
}

TEST_CASE_FIXTURE(MemoryFixture,
                  "BodyMemory: who waits too long is answered 503 with Retry-After") {
    options.body_timeout = 300ms;
    start();
    Client first = connect();
    first.send(begin(kLarge).replace(5, 5, "/python/x") + rest(kLarge));
    CHECK(eventually([this] { return port.seen().size() == 1; }));
    Client second = connect();
    second.send(begin(kLarge));
    const Answer answer = second.read();
    CHECK(answer.status == 503);
    CHECK(answer.header("retry-after") == "1");
    CHECK(answer.header("connection") == "close");
    CHECK(bodies->used() == kLarge);
    port.finish_waiting([](relay::Call& call) { call.error = proto::ErrorCode::queue_full; });
    CHECK(first.read().status == 503);
}

TEST_CASE_FIXTURE(MemoryFixture,
                  "BodyMemory: who leaves without memory lets those pass who waited behind") {
    options.body_timeout = 300ms;
    start();
    Client first = connect();
    first.send(begin(kLarge).replace(5, 5, "/python/x") + rest(kLarge));
    CHECK(eventually([this] { return port.seen().size() == 1; }));
    Client second = connect();
    second.send(begin(kMebi));
    CHECK(connect().get("/native/hello").status == 200);  // the second has been seen
    Client third = connect();  // fits beside the first, but is behind the second
    third.send(begin(100'000) + rest(100'000));
    CHECK(second.read().status == 503);
    CHECK(third.read().body == "100000");
    CHECK(bodies->used() == kLarge);
}

TEST_CASE_FIXTURE(MemoryFixture, "BodyMemory: a chunked body without room is refused at once") {
    start();
    Client first = connect();
    first.send(begin(kLarge));
    CHECK(holds(kLarge));
    Client second = connect();
    second.send("POST /size HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int number = 0; number < 8; ++number) {
        second.send(chunk(64'000));
    }
    const Answer answer = second.read();
    CHECK(answer.status == 503);
    CHECK(answer.header("retry-after") == "1");
    CHECK(holds(kLarge));
}

TEST_CASE_FIXTURE(MemoryFixture, "BodyMemory: a client that leaves gives its memory to the next") {
    start();
    Client first = connect();
    first.send(begin(kLarge));
    CHECK(holds(kLarge));
    Client second = connect();
    second.send(begin(kLarge) + rest(kLarge));
    first.reset();
    CHECK(second.read().body == std::to_string(kLarge));
    CHECK(holds(0));
}

TEST_CASE_FIXTURE(MemoryFixture, "BodyMemory: it is held until the relay has answered") {
    start();
    Client first = connect();
    first.send(begin(kLarge).replace(5, 5, "/python/x") + rest(kLarge));
    CHECK(eventually([this] { return port.seen().size() == 1; }));
    CHECK(bodies->used() == kLarge);
    port.finish_waiting([](relay::Call& call) { call.error = proto::ErrorCode::queue_full; });
    CHECK(first.read().status == 503);
    CHECK(holds(0));
}

TEST_CASE_FIXTURE(MemoryFixture,
                  "BodyMemory: connections that wait for it are closed with the rest") {
    start();
    Client first = connect();
    first.send(begin(kLarge));
    CHECK(holds(kLarge));
    Client second = connect();
    second.send(begin(kLarge));
    CHECK(eventually([this] { return connections() == 2; }));
    on_loop([this] { server->close_all(); });
    CHECK(eventually([this] { return connections() == 0; }));
    CHECK(bodies->used() == 0);
}
