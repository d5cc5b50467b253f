#include "pyworker/inbox.hpp"

#include <string>

#include "tests/unit/pyworker/credit_sink.hpp"
#include <doctest/doctest.h>

using namespace typhon;
using worker::Inbox;

namespace {

const auto now = proto::SteadyClock::now();

proto::Request request(std::uint64_t id, std::uint32_t left_ms = UINT32_MAX) {
    proto::Request request;
    request.id = id;
    request.slot = 3;
    request.left_ms = left_ms;
    request.method = "GET";
    request.path = "/python/nowhere";
    request.client = "127.0.0.1:1";
    return request;
}

zmq::message_t message(const std::string& bytes) {
    return zmq::message_t(bytes.data(), bytes.size());
}

/// A route table without routes needs no Python.
struct Fixture {
    worker::RouteTable routes;
    tests::CreditSink credit;
    worker::InboundTable bodies{credit};
    Inbox inbox{routes, bodies};
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "Inbox: one message is sorted by kind, in order") {
    std::string bytes;
    proto::encode(request(1), bytes);
    proto::encode(proto::Cancel{9}, bytes);
    proto::encode(request(2), bytes);
    proto::encode(proto::Ping{77}, bytes);
    proto::encode(proto::Drain{500}, bytes);
    inbox.read(message(bytes), now);
    REQUIRE(inbox.jobs.size() == 2);
    CHECK(inbox.jobs[0]->request.id == 1);
    CHECK(inbox.jobs[1]->request.id == 2);
    CHECK(inbox.jobs[1]->request.path == "/python/nowhere");
    CHECK(inbox.cancels == std::vector<std::uint64_t>{9});
    CHECK(inbox.pings == std::vector<std::uint64_t>{77});
    CHECK(inbox.drain->left_ms == 500);
    inbox.clear();
    CHECK(inbox.empty());
}

TEST_CASE_FIXTURE(Fixture, "Inbox: milliseconds left become a deadline, none is never") {
    std::string bytes;
    proto::encode(request(1, 250), bytes);
    proto::encode(request(2), bytes);
    inbox.read(message(bytes), now);
    REQUIRE(inbox.jobs.size() == 2);
    CHECK(inbox.jobs[0]->deadline.at() == now + std::chrono::milliseconds(250));
    CHECK(inbox.jobs[1]->deadline.never());
}

TEST_CASE_FIXTURE(Fixture, "Inbox: what comes before a malformed rest counts") {
    std::string bytes;
    proto::encode(request(1), bytes);
    bytes += "\xC1 nonsense";
    inbox.read(message(bytes), now);
    CHECK(inbox.jobs.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "Inbox: jobs keep their message alive") {
    std::string bytes;
    proto::encode(request(1), bytes);
    inbox.read(message(bytes), now);
    const worker::JobRef kept = inbox.jobs.front();
    inbox.clear();
    CHECK(kept->request.client == "127.0.0.1:1");
}

TEST_CASE_FIXTURE(Fixture, "Inbox: pieces of a body reach the stream of their request") {
    proto::Request upload = request(1);
    std::string block;
    proto::HeaderBlockWriter(block, 1).add(proto::kBodyField, proto::kBodyStreams);
    upload.headers = block;
    std::string bytes;
    proto::encode(upload, bytes);
    proto::encode(request(2), bytes);
    proto::encode(proto::Chunk{1, 3, "first"}, bytes);
    inbox.read(message(bytes), now);
    REQUIRE(inbox.jobs.size() == 2);
    REQUIRE(inbox.jobs[0]->inbound != nullptr);
    CHECK(inbox.jobs[1]->inbound == nullptr);
    std::string piece;
    CHECK(inbox.jobs[0]->inbound->try_read(piece) == worker::InboundStream::Outcome::piece);
    CHECK(piece == "first");
    CHECK(inbox.jobs[0]->inbound->try_read(piece) == worker::InboundStream::Outcome::none_yet);
    inbox.clear();
    std::string end;
    proto::encode(proto::End{1, 3, 0, true}, end);
    proto::encode(proto::Chunk{7, 3, "of nobody"}, end);
    inbox.read(message(end), now);
    CHECK(inbox.fed == std::vector<std::uint64_t>{1});  // its reader waits
}
