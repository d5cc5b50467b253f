// The real typhon-worker: what it says and gives back while a handler keeps the GIL.
#include "tests/unit/pyworker/worker_fixture.hpp"
#include <doctest/doctest.h>

using namespace typhon;
using tests::Sent;
using tests::WorkerFixture;

namespace {

constexpr const char* kApp = R"py(
import ctypes
import os
import pathlib

from typhon import route

keeps_gil = ctypes.PyDLL(None)
fifo = pathlib.Path(__file__).with_suffix(".fifo")
os.mkfifo(fifo)
end = os.open(fifo, os.O_RDWR)

@route("/python/keep")
def keep(request):
    keeps_gil.read(end, ctypes.create_string_buffer(1), 1)
    return {"kept": True}

@route("/python/hello")
def hello(request):
    return {"message": "Hello"}
)py";

Sent to(const std::string& path) {
    Sent sent;
    sent.path = path;
    return sent;
}

class HangFixture : public WorkerFixture {
public:
    HangFixture() {
        write("app.py", kApp);
        environment.emplace("TYPHON_WORKER_THREADS", "3");
        start();
        kept = send(to("/python/keep"));
        until([this] { return started(slot_of(kept), kept); });
    }

    std::uint64_t kept = 0;
};

}  // namespace

TEST_CASE_FIXTURE(HangFixture,
                  "Worker: requests that wait for the GIL are given back when they are cancelled") {
    const auto waiting = send(std::vector{to("/python/hello"), to("/python/hello")});
    for (const std::uint64_t id : waiting) {
        say(proto::Cancel{id});
        CHECK(reply(id).run_us == 0);
        CHECK_FALSE(started(slot_of(id), id));
    }
    CHECK_FALSE(has_reply(kept));
    write("app.fifo", "x");
    CHECK(reply(kept).status == 200);
    CHECK(get("/python/hello").status == 200);
    for (const std::uint64_t id : waiting) {
        CHECK_FALSE(started(slot_of(id), id));
    }
}

TEST_CASE_FIXTURE(HangFixture, "Worker: a handler that runs is not given back") {
    say(proto::Cancel{kept});
    say(proto::Ping{7});
    until([this] { return pong && pong->nonce == 7; });
    CHECK(pong->busy == 1);
    CHECK_FALSE(has_reply(kept));
    write("app.fifo", "x");
    CHECK(reply(kept).status == 200);
}
