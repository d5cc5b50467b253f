// Answers of workers that come piece by piece, as the connection sends them.
#include <memory>
#include <string>

#include "server_fixture.hpp"
#include <doctest/doctest.h>

#include "gateway/relay/pending.hpp"
#include "gateway/relay/reply_stream.hpp"
#include "proto/limits.hpp"

using namespace typhon;
using namespace typhon::test;

namespace {

using State = relay::ReplyStream::State;

class StreamedFixture : public ServerFixture {
public:
    StreamedFixture() {
        port.outcome = [this](relay::Call& call) {
            call.reply.status = 200;
            call.reply.content_type = "text/plain";
            call.reply.body = "first";
            call.reply.more = true;
            stream = std::make_shared<relay::ReplyStream>(loop, pending, call.id);
            call.stream = stream;
        };
    }

    ~StreamedFixture() { stop(); }
    StreamedFixture(const StreamedFixture&) = delete;
    StreamedFixture& operator=(const StreamedFixture&) = delete;
    StreamedFixture(StreamedFixture&&) = delete;
    StreamedFixture& operator=(StreamedFixture&&) = delete;

    void append(const std::string& bytes) {
        on_loop([&] { stream->append(bytes); });
    }
    void close(State state) {
        on_loop([&] { stream->close(state); });
    }

    relay::Pending pending;
    std::shared_ptr<relay::ReplyStream> stream;
};

constexpr const char* kGet = "GET /python/x HTTP/1.1\r\nHost: a\r\n\r\n";

}  // namespace

TEST_CASE_FIXTURE(StreamedFixture, "Streams: pieces are chunks, and the connection stays open") {
    start();
    Client client = connect();
    client.send(kGet);
    REQUIRE(eventually([&] { return stream != nullptr; }));
    append("second");
    close(State::finished);
    const Answer answer = client.read();
    CHECK(answer.status == 200);
    CHECK(answer.header("transfer-encoding") == "chunked");
    CHECK(answer.header("content-length").empty());
    CHECK(answer.body == "firstsecond");
    CHECK(client.get("/native/hello").status == 200);
    CHECK(port.abandoned() == 0);
}

TEST_CASE_FIXTURE(StreamedFixture, "Streams: a body that is cut off ends the connection") {
    start();
    Client client = connect();
    client.send(kGet);
    REQUIRE(eventually([&] { return stream != nullptr; }));
    close(State::failed);
    CHECK_THROWS_WITH(client.read(), "the chunked body is cut off");
}

TEST_CASE_FIXTURE(StreamedFixture, "Streams: what the client has taken is granted to the worker") {
    start();
    Client client = connect();
    client.send(kGet);
    REQUIRE(eventually([&] { return stream != nullptr; }));
    append(std::string(proto::kStreamWindow / 2, 'x'));
    CHECK(eventually([&] { return port.granted() == proto::kStreamWindow / 2 + 5; }));
    close(State::finished);
    CHECK(client.read().body.size() == proto::kStreamWindow / 2 + 5);
}

TEST_CASE_FIXTURE(StreamedFixture, "Streams: HEAD has the head, and the rest is not wanted") {
    start();
    Client client = connect();
    client.send("HEAD /python/x HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(client.read(true).status == 200);
    CHECK(port.abandoned() == 1);
}

TEST_CASE_FIXTURE(StreamedFixture, "Streams: HTTP/1.0 has no chunks, the end is the connection's") {
    start();
    Client client = connect();
    client.send("GET /python/x HTTP/1.0\r\n\r\n");
    REQUIRE(eventually([&] { return stream != nullptr; }));
    append("second");
    close(State::finished);
    const Answer answer = client.read();
    CHECK(answer.header("transfer-encoding").empty());
    CHECK(answer.body == "firstsecond");
    CHECK(client.ends_cleanly());
}

TEST_CASE_FIXTURE(StreamedFixture, "Streams: a head that cannot be sent is 502") {
    const auto begin = port.outcome;
    port.outcome = [begin](relay::Call& call) {
        begin(call);
        call.reply.content_type = "a\r\nb";
    };
    start();
    CHECK(connect().get("/python/x").status == 502);
    CHECK(port.abandoned() == 1);
}

TEST_CASE_FIXTURE(StreamedFixture, "Streams: a client that resets the connection gives it up") {
    start();
    {
        Client client = connect();
        client.send(kGet);
        REQUIRE(eventually([&] { return stream != nullptr; }));
        client.reset();
    }
    CHECK(eventually([&] { return port.abandoned() == 1; }));
    CHECK(eventually([&] { return connections() == 0; }));
}
