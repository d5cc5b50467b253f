// The real typhon-worker: more messages at once than it takes in one go.
#include <csignal>
#include <functional>

#include "tests/unit/pyworker/worker_fixture.hpp"
#include <doctest/doctest.h>
#include <sys/wait.h>

using namespace typhon;
using tests::Sent;
using tests::WorkerFixture;

namespace {

constexpr int kCrowd = 400;

constexpr const char* kApp = R"py(
import asyncio

from typhon import route

CROWD = 400
here = 0
full = asyncio.Event()

@route("/python/crowd")
async def crowd(request):
    global here
    here += 1
    if here == CROWD:
        full.set()
    await full.wait()
    return "all are here"
)py";

constexpr const char* kSlowExit = R"py(
import atexit
import os
import time

from typhon import route

GO = os.path.join(os.path.dirname(__file__), "go")

@route("/python/hello")
def hello(request):
    return "hello"

@atexit.register
def wait_for_the_test():
    while not os.path.exists(GO):
        time.sleep(0.001)
)py";

struct Worker : WorkerFixture {
    Worker() { write("endpoints.py", kApp); }

    /// What is sent meanwhile waits for the worker, message by message.
    void while_it_stands_still(const std::function<void()>& act) {
        int status = 0;
        ::kill(pid(), SIGSTOP);
        REQUIRE(::waitpid(pid(), &status, WUNTRACED) == pid());
        REQUIRE(WIFSTOPPED(status));
        act();
        ::kill(pid(), SIGCONT);
    }
};

}  // namespace

TEST_CASE_FIXTURE(Worker,
                  "Worker: every message that has queued up is received, though none is answered") {
    start();
    Sent crowd;
    crowd.path = "/python/crowd";
    while_it_stands_still([&] {
        for (int sent = 0; sent < kCrowd; ++sent) {
            send(crowd);
        }
    });
    until([&] { return replies.size() == kCrowd; });
    CHECK(replies.begin()->second.body == "all are here");
}

TEST_CASE_FIXTURE(WorkerFixture, "Drain: BYE leaves though it comes while the worker receives") {
    write("endpoints.py", kSlowExit);
    start();
    std::string pieces;  // of a body that nobody reads: work for the leader alone
    for (int count = 0; count < 16'384; ++count) {
        proto::encode(proto::Chunk{999, 0, "x"}, pieces);
    }
    say(proto::Drain{60'000});
    for (int sent = 0; sent < 32; ++sent) {
        send_bytes(pieces);
        if (sent == 2) {
            say(proto::Ping{1});
        }
    }
    until([&] { return pong.has_value(); });  // sent as the leader begins with the second half
    write("go", "");
    until([&] { return bye.has_value(); });
    CHECK(wait_exit() == 0);
}
