#include "proto/codec.hpp"

#include <string>

#include "samples.hpp"
#include <doctest/doctest.h>

#include "proto/limits.hpp"

using namespace typhon::proto;

namespace {

// The one envelope of `frame`, which must be a Body.
template <class Body>
Body only(std::string_view frame) {
    samples::Result result = samples::read(frame);
    CHECK(result.fault.empty());
    REQUIRE(result.envelopes.size() == 1);
    REQUIRE(std::holds_alternative<Body>(result.envelopes.front()));
    return std::get<Body>(std::move(result.envelopes.front()));
}

void check_same(const Request& got, const Request& wanted) {
    CHECK(got.id == wanted.id);
    CHECK(got.slot == wanted.slot);
    CHECK(got.left_ms == wanted.left_ms);
    CHECK(got.method == wanted.method);
    CHECK(got.path == wanted.path);
    CHECK(got.query == wanted.query);
    CHECK(got.client == wanted.client);
    CHECK(got.headers == wanted.headers);
    CHECK(got.body == wanted.body);
}

void check_same(const Reply& got, const Reply& wanted) {
    CHECK(got.id == wanted.id);
    CHECK(got.slot == wanted.slot);
    CHECK(got.status == wanted.status);
    CHECK(got.run_us == wanted.run_us);
    CHECK(got.content_type == wanted.content_type);
    CHECK(got.headers == wanted.headers);
    CHECK(got.body == wanted.body);
}

}  // namespace

TEST_CASE("Codec: every kind of envelope comes back as it was") {
    check_same(only<Request>(samples::packed(samples::request())), samples::request());
    check_same(only<Reply>(samples::packed(samples::reply())), samples::reply());
    CHECK(only<Ready>(samples::packed(samples::ready())) == samples::ready());
    CHECK(only<Pong>(samples::packed(samples::pong())) == samples::pong());
    CHECK(only<StartError>(samples::packed(samples::start_error())) == samples::start_error());
    CHECK(only<Cancel>(samples::packed(Cancel{~0ULL})).id == ~0ULL);
    CHECK(only<Ping>(samples::packed(Ping{1ULL << 40U})).nonce == 1ULL << 40U);
    CHECK(only<Drain>(samples::packed(Drain{UINT32_MAX})).left_ms == UINT32_MAX);
    CHECK(only<Bye>(samples::packed(Bye{0})).served == 0);
}

TEST_CASE("Codec: empty envelopes come back as they were") {
    check_same(only<Request>(samples::packed(Request{})), Request{});
    check_same(only<Reply>(samples::packed(Reply{})), Reply{});
    CHECK(only<Pong>(samples::packed(Pong{})) == Pong{});
}

TEST_CASE("Codec: bodies of each length form come back whole") {
    for (const std::size_t size : {std::size_t{1},
                                   std::size_t{255},
                                   std::size_t{256},
                                   std::size_t{65535},
                                   std::size_t{65536},
                                   std::size_t{3} << 20U}) {
        const std::string body(size, '\xC1');
        Request request = samples::request();
        request.body = body;
        check_same(only<Request>(samples::packed(request)), request);
    }
}

TEST_CASE("Codec: numbers at the edges of each msgpack width come back") {
    for (const std::uint64_t id : {0ULL,
                                   127ULL,
                                   128ULL,
                                   255ULL,
                                   256ULL,
                                   65535ULL,
                                   65536ULL,
                                   0xFFFFFFFFULL,
                                   0x100000000ULL,
                                   ~0ULL}) {
        CHECK(only<Cancel>(samples::packed(Cancel{id})).id == id);
    }
}

TEST_CASE("Codec: views of a decoded request point into the frame") {
    const std::string frame = samples::packed(samples::request());
    const auto request = only<Request>(frame);
    CHECK(request.body.data() > frame.data());
    CHECK(request.body.data() + request.body.size() == frame.data() + frame.size());
}

TEST_CASE("Codec: a head and a tail packed apart are one request") {
    const Request wanted = samples::request();
    std::string tail;
    encode_request_tail(wanted, tail);
    for (const std::uint32_t slot : {1U, 2U}) {
        std::string frame;
        encode_request_head(wanted.id, slot, 10, frame);
        frame += tail;
        const auto request = only<Request>(frame);
        CHECK(request.slot == slot);
        CHECK(request.left_ms == 10);
        CHECK(request.body == wanted.body);
    }
}

TEST_CASE("Codec: a frame of many envelopes is read in order") {
    std::string frame;
    for (std::uint64_t id = 1; id <= 1000; ++id) {
        Reply reply = samples::reply();
        reply.id = id;
        encode(reply, frame);
        encode(Cancel{id}, frame);
    }
    const samples::Result result = samples::read(frame);
    CHECK(result.fault.empty());
    REQUIRE(result.envelopes.size() == 2000);
    CHECK(std::get<Reply>(result.envelopes[1998]).id == 1000);
    CHECK(std::get<Cancel>(result.envelopes[1999]).id == 1000);
}

TEST_CASE("BatchReader: an empty frame has no envelopes and no fault") {
    const samples::Result result = samples::read("");
    CHECK(result.envelopes.empty());
    CHECK(result.fault.empty());
}

TEST_CASE("BatchReader: a reader goes on after a fault with the next frame") {
    BatchReader reader;
    const std::string good = samples::packed(Ping{1});
    reader.open("\xC1");
    CHECK_FALSE(reader.next());
    CHECK_FALSE(reader.fault().empty());
    CHECK_FALSE(reader.next());
    reader.open(good);
    CHECK(reader.fault().empty());
    CHECK(reader.next());
    CHECK_FALSE(reader.next());
    CHECK(reader.fault().empty());
}

TEST_CASE("BatchReader: what stands before a fault is read, what follows is not") {
    const samples::Result result =
        samples::read(samples::packed(Ping{1}) + "\x91\x63" + samples::packed(Ping{2}));
    CHECK(result.envelopes.size() == 1);
    CHECK(result.fault == "the envelope is of an unknown kind");
}

TEST_CASE("BatchReader: all pieces of a window in one frame are read, and the end behind them") {
    std::string frame;
    for (std::size_t sent = 0; sent < kStreamWindow; ++sent) {
        encode(Chunk{42, 7, "x"}, frame);
    }
    encode(End{42, 7, 10, true}, frame);
    BatchReader reader;
    reader.open(frame);
    std::size_t pieces = 0;
    std::size_t ends = 0;
    while (const auto envelope = reader.next()) {
        (std::holds_alternative<Chunk>(*envelope) ? pieces : ends) += 1;
    }
    CHECK(reader.fault().empty());
    CHECK(pieces == kStreamWindow);
    CHECK(ends == 1);
}

TEST_CASE("Codec: the largest route table that is agreed on is read") {
    Ready ready = samples::ready();
    ready.routes.assign(
        kMaxRoutes, {{"GET", "POST"}, "/python/a/<int:b>", "app.handler", RouteMode::async, 1, 2});
    CHECK(only<Ready>(samples::packed(ready)) == ready);
    ready.routes.push_back(ready.routes.front());
    CHECK_FALSE(samples::read(samples::packed(ready)).fault.empty());
}
