// Request bodies in pieces: who may send how much, and what becomes of a request that has had a
// part of its body.
#include <string>

#include "tests/unit/relay/relay_fixture.hpp"
#include <doctest/doctest.h>

#include "proto/limits.hpp"

namespace typhon::relay {

namespace {

/// A request whose worker waits for its body.
class UploadFixture : public RelayFixture {
public:
    void begin(bool started = true) {
        ledger = add_worker("a");
        relay().serve_only({"a"});
        index = send_streamed("/python/upload");
        until([&] { return !worker().requests.empty(); });
        seen = worker().requests.front();
        if (started) {
            ledger->mark(seen.slot, seen.id);
        }
        body = calls[index]->body;
    }

    FakeWorker& worker(std::size_t number = 0) { return *workers[number]; }

    void send_piece(std::string_view bytes) {
        REQUIRE(body->take(bytes.size()));
        relay().send_piece(*body, bytes);
    }

    void until_refused() {
        until([&] { return relay().status().refused.misplaced == 1; });
    }

    std::size_t index = 0;
    std::shared_ptr<proto::Ledger> ledger;
    FakeWorker::Seen seen{};
    std::shared_ptr<RequestStream> body;
};

}  // namespace

TEST_CASE_FIXTURE(UploadFixture, "Relay: a request has credit for its body from its dispatch on") {
    (void)relay();
    index = send_streamed("/python/upload");
    body = calls[index]->body;
    loop.poll();
    CHECK(body->credit() == 0);
    add_worker("a");
    relay().serve_only({"a"});
    until([&] { return body->credit() == proto::kStreamWindow; });
    CHECK_FALSE(body->is_read());
}

TEST_CASE_FIXTURE(UploadFixture, "Relay: pieces and their end arrive in order") {
    begin();
    send_piece("first ");
    send_piece("second");
    relay().end_pieces(*body, true);
    relay().end_pieces(*body, false);  // a second end is none
    until([&] { return !worker().ends.empty(); });
    CHECK(worker().pieces == "first second");
    CHECK(worker().ends == std::vector<bool>{true});
}

TEST_CASE_FIXTURE(UploadFixture,
                  "Relay: thousands of small pieces of one turn arrive, and the end") {
    begin();
    for (int sent = 0; sent < 10'000; ++sent) {
        send_piece("x");
    }
    relay().end_pieces(*body, true);
    until([&] { return !worker().ends.empty(); });
    CHECK(worker().pieces == std::string(10'000, 'x'));
}

TEST_CASE_FIXTURE(UploadFixture, "Relay: large pieces do not wait for the end of the turn") {
    options.ping_interval = options.silent_timeout = std::chrono::hours(1);  // no PING between them
    begin();
    const int before = worker().frames;
    const std::string piece(proto::kMaxChunk, 'x');
    constexpr int kPieces = 40;  // 2.5 MiB
    for (int sent = 0; sent < kPieces; ++sent) {
        relay().send_piece(*body, piece);  // whatever the credit
    }
    until([&] { return worker().pieces.size() == kPieces * piece.size(); });
    CHECK(worker().frames - before == 3);
}

TEST_CASE_FIXTURE(UploadFixture, "Relay: what the handler has read may be sent anew") {
    begin();
    send_piece("12345");
    CHECK(body->credit() == proto::kStreamWindow - 5);
    worker().say(proto::Credit{seen.id, 5});
    until([&] { return body->credit() == proto::kStreamWindow; });
    CHECK(body->is_read());
}

TEST_CASE_FIXTURE(UploadFixture, "Relay: credit of 0 bytes says that the handler reads") {
    begin();
    worker().say(proto::Credit{seen.id, 0});
    until([&] { return body->is_read(); });
    CHECK(body->credit() == proto::kStreamWindow);
}

TEST_CASE_FIXTURE(UploadFixture, "Relay: credit for bytes that were not sent is refused") {
    begin();
    send_piece("12345");
    worker().say(proto::Credit{seen.id, 6});
    until_refused();
    CHECK(body->credit() == proto::kStreamWindow - 5);
    worker().say(proto::Credit{seen.id + 1, 5});  // not its request: nobody is there to be granted
    worker().say(proto::Credit{seen.id, 5});
    until([&] { return body->credit() == proto::kStreamWindow; });
}

TEST_CASE_FIXTURE(UploadFixture, "Relay: the answer closes the body that has not ended") {
    begin();
    worker().answer(seen, "done");
    until([&] { return answers[index].has_value(); });
    CHECK(answers[index]->body == "done");
    CHECK(body->closed());
    CHECK_FALSE(body->take(1));
}

TEST_CASE_FIXTURE(UploadFixture,
                  "Relay: death of the worker before a piece was sent runs it elsewhere") {
    begin(false);
    add_worker("b");
    relay().serve_only({"a", "b"});
    relay().forget("a");
    until([&] { return !worker(1).requests.empty(); });
    CHECK(worker(1).requests.front().id == seen.id);
    until([&] { return body->credit() == proto::kStreamWindow; });
    CHECK_FALSE(answers[index].has_value());
}

TEST_CASE_FIXTURE(UploadFixture, "Relay: death of the worker after a piece was sent is a 502") {
    begin(false);
    send_piece("12345");
    add_worker("b");
    relay().serve_only({"a", "b"});
    relay().forget("a");
    until([&] { return answers[index].has_value(); });
    CHECK(answers[index]->error == proto::ErrorCode::worker_died);
    CHECK(body->closed());
    CHECK(worker(1).requests.empty());
}

TEST_CASE_FIXTURE(UploadFixture, "Relay: each piece gives the request its whole time again") {
    begin();
    const auto start = proto::SteadyClock::now();
    while (proto::SteadyClock::now() - start < std::chrono::milliseconds{1500}) {
        send_piece("x");
        loop.restart();
        loop.run_for(std::chrono::milliseconds{10});
    }
    CHECK_FALSE(answers[index].has_value());
    until([&] { return answers[index].has_value(); });
    CHECK(answers[index]->error == proto::ErrorCode::deadline);
    CHECK(body->closed());
}

TEST_CASE_FIXTURE(UploadFixture, "Relay: a body of a route that reads none is not dispatched") {
    add_worker("a");
    relay().serve_only({"a"});
    index = send_streamed("/python/hello");
    until([&] { return answers[index].has_value(); });
    CHECK(answers[index]->error == proto::ErrorCode::no_worker);
}

TEST_CASE_FIXTURE(UploadFixture, "Relay: the rules for bodies are those of the workers' routes") {
    CHECK_FALSE(relay().body_rule("POST", "/python/upload").known);
    add_worker("a");
    relay().serve_only({"a"});
    until([&] { return relay().body_rule("POST", "/python/upload").streams; });
    CHECK(relay().body_rule("POST", "/python/upload").max_body == 1000);
    CHECK(relay().body_rule("POST", "/python/hello").known);
    CHECK_FALSE(relay().body_rule("POST", "/python/hello").streams);
}

}  // namespace typhon::relay
