#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>

#include "server_fixture.hpp"
#include <doctest/doctest.h>

using namespace typhon;
using namespace typhon::test;

namespace {

/// Counts what a provider wrote and how often it was released.
struct Probe {
    std::atomic<std::size_t> written = 0;
    std::atomic<int> released = 0;
    std::atomic<bool> success = false;
    std::atomic<bool> refused = false;
};

class StreamFixture : public ServerFixture {
public:
    /// GET `path` streams `pieces` pieces of 1000 bytes; 0: until the client is gone.
    void add_endless(const std::string& path, std::size_t pieces) {
        router.add("GET", path, [this, pieces](const Request&, Response& response) {
            response.set_chunked_content_provider(
                "text/plain",
                [this, pieces](std::size_t, DataSink& sink) {
                    const std::string piece(1000, 's');
                    if (pieces != 0 && probe->written >= pieces * piece.size()) {
                        sink.done();
                        return true;
                    }
                    if (!sink.write(piece.data(), piece.size())) {
                        probe->refused = true;
                        return false;
                    }
                    probe->written += piece.size();
                    return true;
                },
                [this](bool success) {
                    probe->success = success;
                    ++probe->released;
                });
        });
    }
    std::shared_ptr<Probe> probe = std::make_shared<Probe>();
};

}  // namespace

TEST_CASE_FIXTURE(StreamFixture, "Stream: a chunked answer arrives whole, the connection stays") {
    add_endless("/stream", 5000);
    start();
    Client client = connect();
    const Answer answer = client.get("/stream");
    CHECK(answer.header("transfer-encoding") == "chunked");
    CHECK(answer.body == std::string(5'000'000, 's'));
    CHECK(eventually([&] { return probe->released == 1; }));
    CHECK(probe->success);
    CHECK(client.get("/native/hello").status == 200);
}

TEST_CASE_FIXTURE(StreamFixture, "Stream: a provider with a length has a Content-Length") {
    router.add("GET", "/sized", [](const Request&, Response& response) {
        response.set_content_provider(
            300'000, "text/plain", [](std::size_t offset, std::size_t left, DataSink& sink) {
                const std::string piece(std::min<std::size_t>(left, 7000),
                                        static_cast<char>('a' + offset / 7000 % 26));
                return sink.write(piece.data(), piece.size());
            });
    });
    start();
    Client client = connect();
    const Answer answer = client.get("/sized");
    CHECK(answer.header("content-length") == "300000");
    CHECK(answer.body.size() == 300'000);
    CHECK(answer.body[7000] == 'b');
    CHECK(client.get("/native/hello").status == 200);
}

TEST_CASE_FIXTURE(StreamFixture, "Stream: in HTTP/1.0 the end of the connection ends the body") {
    add_endless("/stream", 100);
    start();
    Client client = connect();
    client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const Answer answer = client.read();
    CHECK(answer.headers.count("transfer-encoding") == 0);
    CHECK(answer.header("connection") == "close");
    CHECK(answer.body == std::string(100'000, 's'));
}

TEST_CASE_FIXTURE(StreamFixture, "Stream: a slow reader holds the provider back") {
    add_endless("/stream", 0);
    start();
    Client client = connect();
    client.shrink_window();
    client.send(get_request("/stream"));
    CHECK(eventually([&] { return probe->written > 100'000; }));
    std::size_t before = 0;
    int unchanged = 0;
    CHECK(eventually([&] {
        const std::size_t now = probe->written;
        unchanged = std::exchange(before, now) == now ? unchanged + 1 : 0;
        return unchanged == 25;
    }));
    CHECK(probe->written < 32 << 20);
    client.reset();
    CHECK(eventually([&] { return probe->released == 1; }));
    CHECK(probe->refused);
    CHECK_FALSE(probe->success);
    CHECK(eventually([&] { return connections() == 0; }));
}

TEST_CASE_FIXTURE(StreamFixture, "Stream: a client that does not read in time is closed") {
    options.write_timeout = Milliseconds(200);
    add_endless("/stream", 0);
    start();
    Client client = connect();
    client.shrink_window();
    client.send(get_request("/stream"));
    CHECK(eventually([&] { return probe->released == 1; }));
    CHECK(eventually([&] { return connections() == 0; }));
}

TEST_CASE_FIXTURE(StreamFixture, "Stream: HEAD never runs the provider, and releases it") {
    add_endless("/stream", 0);
    start();
    Client client = connect();
    client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(client.read(true).header("transfer-encoding") == "chunked");
    CHECK(client.get("/native/hello").status == 200);
    CHECK(eventually([&] { return probe->released == 1; }));
    CHECK(probe->written == 0);
}

TEST_CASE_FIXTURE(StreamFixture,
                  "Stream: a provider that fails ends the connection, not the server") {
    router.add("GET", "/fail", [](const Request&, Response& response) {
        response.set_chunked_content_provider("text/plain",
                                              [](std::size_t, DataSink& sink) -> bool {
                                                  sink.write("begin", 5);
                                                  throw std::runtime_error("provider bug");
                                              });
    });
    start();
    Client client = connect();
    client.send(get_request("/fail"));
    CHECK_THROWS((void)client.read());
    CHECK(connect().get("/native/hello").status == 200);
}

TEST_CASE_FIXTURE(StreamFixture, "Stream: a stream that runs ends with the server") {
    add_endless("/stream", 0);
    start();
    Client client = connect();
    client.send(get_request("/stream"));
    CHECK(eventually([&] { return probe->written > 0; }));
    on_loop([this] { server->close_all(); });
    CHECK(eventually([&] { return probe->released == 1; }));
    CHECK(eventually([&] { return connections() == 0; }));
}
