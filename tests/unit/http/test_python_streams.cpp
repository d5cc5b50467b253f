// Answers of workers that come piece by piece, as the connection sends them.
#include <future>
#include <memory>
#include <string>

#include "coded.hpp"
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

    /// The answer has begun.
    bool begun() {
        bool begun = false;
        on_loop([&] { begun = stream != nullptr; });
        return begun;
    }
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
    REQUIRE(eventually([&] { return begun(); }));
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
    REQUIRE(eventually([&] { return begun(); }));
    close(State::failed);
    CHECK_THROWS_WITH(client.read(), "the chunked body is cut off");
}

TEST_CASE_FIXTURE(StreamedFixture, "Streams: what the client has taken is granted to the worker") {
    start();
    Client client = connect();
    client.send(kGet);
    REQUIRE(eventually([&] { return begun(); }));
    append(std::string(proto::kStreamWindow / 2, 'x'));
    CHECK(eventually([&] { return port.granted() == proto::kStreamWindow / 2 + 5; }));
    close(State::finished);
    CHECK(client.read().body.size() == proto::kStreamWindow / 2 + 5);
}

TEST_CASE_FIXTURE(StreamedFixture,
                  "Streams: the frame of the first piece is free while the others are made") {
    std::weak_ptr<const std::string> frame;
    const auto begin = port.outcome;
    port.outcome = [begin, &frame](relay::Call& call) {
        begin(call);
        const auto received = std::make_shared<const std::string>("first");
        frame = received;
        call.reply.body = *received;
        call.frame = received;
    };
    start();
    Client client = connect();
    client.send(kGet);
    CHECK(client.read_head().status == 200);
    CHECK(client.take_chunk() == "first");
    bool is_free = false;
    on_loop([&] { is_free = frame.expired(); });
    CHECK(is_free);
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
    REQUIRE(eventually([&] { return begun(); }));
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
        REQUIRE(eventually([&] { return begun(); }));
        client.reset();
    }
    CHECK(eventually([&] { return port.abandoned() == 1; }));
    CHECK(eventually([&] { return connections() == 0; }));
}

TEST_CASE_FIXTURE(StreamedFixture, "Streams: in a content coding each piece is sent at once") {
    options.compress = true;
    start();
    for (const std::string name : {"gzip", "br"}) {
        CAPTURE(name);
        Client client = connect();
        client.send("GET /python/x HTTP/1.1\r\nHost: a\r\nAccept-Encoding: " + name + "\r\n\r\n");
        const Answer head = client.read_head();
        CHECK(head.header("content-encoding") == name);
        CHECK(head.header("vary") == "Accept-Encoding");
        std::string coded = client.take_chunk();
        CHECK(decode(name, coded).bytes == "first");
        append(text_of(100));
        coded += client.take_chunk();
        CHECK(decode(name, coded).bytes == "first" + text_of(100));
        append(text_of(50'000));  // on the pool
        coded += client.take_chunk();
        CHECK(decode(name, coded).bytes == "first" + text_of(100) + text_of(50'000));
        close(State::finished);
        coded += client.take_chunk();
        CHECK(decode(name, coded).ended);
        CHECK(client.take_chunk().empty());
        CHECK(client.get("/native/hello").status == 200);
    }
}

TEST_CASE_FIXTURE(StreamedFixture, "Streams: when the pool is full the loop compresses") {
    options.compress = true;
    options.coding_threads = 1;
    options.coding_queue = 0;
    start();
    std::promise<void> release;
    REQUIRE(coding->submit([&release] { release.get_future().wait(); }));
    Client client = connect();
    client.send(get_request("/python/x", "Accept-Encoding: gzip\r\n"));
    const Answer head = client.read_head();
    std::string coded = client.take_chunk();
    append(text_of(100'000));
    close(State::finished);
    coded += client.take_chunks();
    const Decoded read = decode(head.header("content-encoding"), coded);
    CHECK(read.ended);
    CHECK(read.bytes == "first" + text_of(100'000));
    CHECK(coded.size() < 50'000);
    release.set_value();
}

TEST_CASE_FIXTURE(StreamedFixture, "Streams: the credit of one stream is not that of the next") {
    start();
    Client client = connect();
    for (int i = 0; i < 2; ++i) {  // together more than what is granted at once
        client.send(kGet);
        CHECK(client.read_head().status == 200);
        CHECK(client.take_chunk() == "first");
        append(std::string(40'000, 'x'));
        close(State::finished);
        CHECK(client.take_chunks().size() == 40'000);
    }
    CHECK(port.granted() == 0);
}

TEST_CASE_FIXTURE(StreamedFixture, "Streams: an event stream has no content coding") {
    options.compress = true;
    const auto begin = port.outcome;
    port.outcome = [begin](relay::Call& call) {
        begin(call);
        call.reply.content_type = "text/event-stream";
    };
    start();
    Client client = connect();
    client.send("GET /python/x HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
    const Answer head = client.read_head();
    CHECK(head.headers.count("content-encoding") == 0);
    CHECK(client.take_chunk() == "first");
}
