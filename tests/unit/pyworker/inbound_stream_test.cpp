// Bodies in pieces inside the worker: order, credit, who is told, and each way in which they end.
#include "pyworker/inbound_stream.hpp"

#include <string>
#include <thread>
#include <vector>

#include "tests/unit/pyworker/credit_sink.hpp"
#include <doctest/doctest.h>

#include "proto/limits.hpp"

using namespace typhon;
using worker::InboundStream;
using Outcome = InboundStream::Outcome;
using Credits = std::vector<std::uint32_t>;

namespace {

struct Fixture {
    tests::CreditSink credit;
    worker::InboundTable table{credit};
    std::shared_ptr<InboundStream> stream = table.open(7, UINT32_MAX);
    std::string piece;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture,
                  "InboundStream: pieces come in order, and then the end, again and again") {
    (void)stream->feed("a");
    (void)stream->feed("");
    (void)stream->feed("bc");
    (void)stream->end(true);
    CHECK(stream->read(piece) == Outcome::piece);
    CHECK(piece == "a");
    CHECK(stream->try_read(piece) == Outcome::piece);
    CHECK(piece == "bc");
    CHECK(stream->read(piece) == Outcome::whole);
    CHECK(stream->try_read(piece) == Outcome::whole);
}

TEST_CASE_FIXTURE(
    Fixture, "InboundStream: who reads says so first, and gives credit by the quarter window") {
    CHECK(stream->try_read(piece) == Outcome::none_yet);
    CHECK(stream->try_read(piece) == Outcome::none_yet);
    CHECK(credit.given() == Credits{0});
    const std::string half(proto::kStreamWindow / 8, 'x');
    (void)stream->feed(half);
    (void)stream->feed(half);
    CHECK(stream->try_read(piece) == Outcome::piece);
    CHECK(credit.given() == Credits{0});
    CHECK(stream->try_read(piece) == Outcome::piece);
    CHECK(credit.given() == Credits{0, proto::kStreamWindow / 4});
}

TEST_CASE_FIXTURE(Fixture, "InboundStream: the loop is told once when it waits, and never else") {
    CHECK_FALSE(stream->feed("a"));
    CHECK(stream->try_read(piece) == Outcome::piece);
    CHECK_FALSE(stream->feed("b"));
    CHECK(stream->try_read(piece) == Outcome::piece);
    CHECK(stream->try_read(piece) == Outcome::none_yet);
    CHECK(stream->feed("c"));
    CHECK_FALSE(stream->feed("d"));
}

TEST_CASE_FIXTURE(Fixture, "InboundStream: a body that is cut off gives its pieces first") {
    (void)stream->feed("a");
    (void)stream->end(false);
    (void)stream->feed("too late");
    CHECK(stream->read(piece) == Outcome::piece);
    CHECK(stream->read(piece) == Outcome::cut);
}

TEST_CASE_FIXTURE(Fixture,
                  "InboundStream: a cancelled request gives nothing more, not even its end") {
    (void)stream->feed("a");
    (void)stream->end(true);
    CHECK_FALSE(table.cancel(7));
    CHECK(stream->read(piece) == Outcome::cut);
}

TEST_CASE_FIXTURE(Fixture, "InboundStream: an answered request has no body any more") {
    (void)stream->feed("a");
    table.close(7);
    CHECK(stream->read(piece) == Outcome::closed);
    CHECK_FALSE(table.feed(7, "b"));
    CHECK_FALSE(table.end(7, true));
}

TEST_CASE_FIXTURE(Fixture, "InboundStream: more than a window is no body") {
    const std::string window(proto::kStreamWindow, 'x');
    (void)stream->feed(window);
    (void)stream->feed("y");
    CHECK(stream->read(piece) == Outcome::piece);
    CHECK(stream->read(piece) == Outcome::cut);
}

TEST_CASE_FIXTURE(
    Fixture, "InboundStream: a read that waits goes on with the next piece, and with a cancel") {
    std::vector<Outcome> outcomes;
    std::thread reader([&] {
        std::string mine;
        outcomes.push_back(stream->read(mine));
        outcomes.push_back(stream->read(mine));
    });
    while (credit.given() != Credits{0}) {
        std::this_thread::yield();
    }
    (void)table.feed(7, "a");
    (void)table.cancel(7);
    reader.join();
    CHECK(outcomes.back() == Outcome::cut);
}

TEST_CASE_FIXTURE(Fixture, "InboundStream: the time of a request starts anew with each piece") {
    CHECK(stream->deadline().never());
    const auto timed = table.open(8, 1000);
    const auto before = timed->deadline();
    while (proto::SteadyClock::now() < before.at() - std::chrono::milliseconds(995)) {
    }
    (void)timed->feed("a");
    CHECK(before < timed->deadline());
}
