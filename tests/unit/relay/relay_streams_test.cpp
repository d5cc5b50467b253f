// Answers that a worker sends piece by piece: order, credit, and each way in which they end.
#include <string>

#include "tests/unit/relay/relay_fixture.hpp"
#include <doctest/doctest.h>

#include "proto/limits.hpp"

namespace typhon::relay {

namespace {

using State = ReplyStream::State;

/// A request whose worker has begun to answer it in pieces.
class StreamFixture : public RelayFixture {
public:
    void begin(const std::string& path = "/python/hello") {
        ledger = add_worker("a");
        relay().serve_only({"a"});
        const auto index = send(path);
        until([&] { return !worker().requests.empty(); });
        seen = worker().requests.front();
        ledger->mark(seen.slot, seen.id);
        proto::Reply head;
        head.id = seen.id;
        head.slot = seen.slot;
        head.body = "first";
        head.more = true;
        worker().say(head);
        until([&] { return answers[index].has_value(); });
        stream = calls[index]->stream;
    }

    FakeWorker& worker() { return *workers[0]; }

    void say_chunk(std::string_view bytes) {
        worker().say(proto::Chunk{seen.id, seen.slot, bytes});
    }

    /// What the caller gets until the stream is in `state`.
    std::string read_until(State state) {
        std::string all;
        until([&] {
            std::string piece;
            const State now = stream->take(piece);
            all += piece;
            return now == state;
        });
        return all;
    }

    /// As the status says, which is a moment old.
    void until_in_flight(std::uint32_t count) {
        until([&] {
            const RelayStatus status = relay().status();
            return !status.workers.empty() && status.workers[0].in_flight == count;
        });
    }

    std::shared_ptr<proto::Ledger> ledger;
    FakeWorker::Seen seen{};
    std::shared_ptr<ReplyStream> stream;
};

}  // namespace

TEST_CASE_FIXTURE(StreamFixture, "Relay: a streamed answer arrives in order, and frees its slot") {
    begin();
    CHECK(answers[0]->body == "first");
    REQUIRE(stream != nullptr);
    say_chunk("second ");
    say_chunk("third");
    until_in_flight(1);
    worker().say(proto::End{seen.id, seen.slot, 10, true});
    CHECK(read_until(State::finished) == "second third");
    until_in_flight(0);
}

TEST_CASE_FIXTURE(StreamFixture, "Relay: a request is not kept while its answer is streamed") {
    begin();
    CHECK(stream->pending().tail.capacity() == std::string().capacity());  // its memory is free
}

TEST_CASE_FIXTURE(StreamFixture, "Relay: an end that is not whole is a failed stream") {
    begin();
    say_chunk("some");
    worker().say(proto::End{seen.id, seen.slot, 10, false});
    CHECK(read_until(State::failed) == "some");
}

TEST_CASE_FIXTURE(StreamFixture, "Relay: a stream outlives the deadline of its request") {
    begin("/python/hurried");
    const auto other = send("/python/hurried");  // has the same time, and gets no reply
    until([&] { return answers[other].has_value(); });
    CHECK(answers[other]->error == proto::ErrorCode::deadline);
    say_chunk("late");
    worker().say(proto::End{seen.id, seen.slot, 10, true});
    CHECK(read_until(State::finished) == "late");
}

TEST_CASE_FIXTURE(StreamFixture, "Relay: what has been sent is credit for the worker") {
    begin();
    relay().grant(*stream, 1000);
    until([&] { return worker().credit == 1000; });
}

TEST_CASE_FIXTURE(StreamFixture, "Relay: a worker that sends more than it may is cut off") {
    begin();
    const std::string chunk(proto::kMaxChunk, 'x');
    for (int sent = 0; sent < 4; ++sent) {  // 5 bytes are taken already
        say_chunk(chunk);
    }
    CHECK(read_until(State::failed).size() == 3 * chunk.size());
    until([&] { return worker().cancels == 1; });
    worker().say(proto::End{seen.id, seen.slot, 10, false});
    until_in_flight(0);
}

TEST_CASE_FIXTURE(
    StreamFixture,
    "Relay: a caller that leaves has the stream cancelled, and the slot is held until "
    "its end") {
    begin();
    relay().abandon(*stream);
    until([&] { return worker().cancels == 1; });
    say_chunk("unread");
    until_in_flight(1);
    worker().say(proto::End{seen.id, seen.slot, 10, false});
    until_in_flight(0);
}

TEST_CASE_FIXTURE(StreamFixture, "Relay: a cancelled stream that does not end counts as overdue") {
    begin("/python/hurried");
    relay().abandon(*stream);
    until([&] { return worker().cancels == 2; });  // again at the end of the route's time
}

TEST_CASE_FIXTURE(StreamFixture, "Relay: the death of its worker is a failed stream") {
    begin();
    say_chunk("some");
    until([&] {
        std::string piece;
        (void)stream->take(piece);
        return piece == "some";
    });
    relay().forget("a");
    CHECK(read_until(State::failed).empty());
}

TEST_CASE_FIXTURE(StreamFixture, "Relay: a stop fails the streams that are left") {
    begin();
    relay().fail_all(proto::ErrorCode::stopping);
    CHECK(read_until(State::failed).empty());
}

TEST_CASE_FIXTURE(StreamFixture, "Relay: an END without a BEGIN is a bad reply") {
    add_worker("a");
    relay().serve_only({"a"});
    const auto index = send("/python/hello");
    until([&] { return !worker().requests.empty(); });
    seen = worker().requests.front();
    worker().say(proto::End{seen.id, seen.slot, 10, true});
    until([&] { return answers[index].has_value(); });
    CHECK(answers[index]->error == proto::ErrorCode::bad_reply);
    until_in_flight(0);
}

TEST_CASE_FIXTURE(StreamFixture, "Relay: a stream of an answered request is told to end") {
    add_worker("a");
    relay().serve_only({"a"});
    const auto late = send("/python/hurried");
    until([&] { return answers[late].has_value() && worker().cancels == 1; });
    seen = worker().requests.front();
    proto::Reply head;
    head.id = seen.id;
    head.slot = seen.slot;
    head.more = true;
    worker().say(head);
    until([&] { return worker().cancels == 2; });
}

}  // namespace typhon::relay
