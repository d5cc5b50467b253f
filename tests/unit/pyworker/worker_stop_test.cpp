// The real typhon-worker: pool, drain, and the end of its gateway.
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>

#include "tests/unit/pyworker/worker_fixture.hpp"
#include <doctest/doctest.h>
#include <sys/wait.h>

using namespace typhon;
using tests::Got;
using tests::Sent;
using tests::WorkerFixture;

namespace {

constexpr const char* kApp = R"py(
import asyncio
import atexit
import os
import signal
import subprocess
import time

from pool_work import slow_square, square
from typhon import route

HERE = os.path.dirname(__file__)

@atexit.register
def at_exit():
    with open(os.path.join(HERE, "exited"), "w") as file:
        file.write("yes")

@route("/python/squares", use_process_pool=True)
def squares(request, pool):
    return list(pool.map(square, [1, 2, 3]))

@route("/python/future", use_process_pool=True)
def future(request, pool):
    return pool.submit(slow_square, 7)

@route("/python/async/pool", use_process_pool=True)
async def async_pool(request, pool):
    loop = asyncio.get_running_loop()
    return {"square": await loop.run_in_executor(pool, square, 5)}

@route("/python/sleep")
def sleep(request):
    time.sleep(0.5)
    return {"slept": True}

@route("/python/async/sleep")
async def async_sleep(request):
    await asyncio.sleep(0.5)
    return {"slept": True}

@route("/python/spin")
def spin(request):
    while True:
        pass

@route("/python/program")
def program(request):
    program = subprocess.Popen(["/bin/sleep", "60"])
    program.terminate()
    return program.wait()

@route("/python/fork")
def fork(request):
    child = os.fork()
    if child == 0:
        while True:
            time.sleep(60)
    os.kill(child, signal.SIGTERM)
    return -os.WTERMSIG(os.waitpid(child, 0)[1])

@route("/python/stdout")
def stdout(request):
    print("printed")
    return "ok"
)py";

constexpr const char* kPoolWork = R"py(
import time

def square(number):
    return number * number

def slow_square(number):
    time.sleep(0.3)
    return {"square": number * number}
)py";

struct Worker : WorkerFixture {
    Worker() {
        write("endpoints.py", kApp);
        write("pool_work.py", kPoolWork);
        environment["TYPHON_WORKER_POOL_WORKERS"] = "1";
    }

    [[nodiscard]] Sent request(const std::string& path) const {
        Sent sent;
        sent.path = path;
        return sent;
    }
};

struct PoolWorker : Worker {
    PoolWorker() { environment["TYPHON_WORKER_POOL_WORKERS"] = "2"; }
};

/// No process of the group is left, or only ones that have ended and wait to be reaped.
bool gone(pid_t group) {
    return ::kill(-group, 0) != 0 && errno == ESRCH;
}

bool is_alive(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::stringstream text;
    text << file.rdbuf();
    const std::string stat = text.str();
    return !stat.empty() && stat.find(") Z ") == std::string::npos;
}

}  // namespace

TEST_CASE_FIXTURE(PoolWorker,
                  "Worker: handlers use the pool, by map, future and from a coroutine") {
    start();
    CHECK(ready->pool_workers == 2);
    CHECK(ready->pool_pids.size() == 2);
    CHECK(get("/python/squares").body == "[1,4,9]");
    CHECK(get("/python/future").body == R"({"square":49})");
    CHECK(get("/python/async/pool").body == R"({"square":25})");
}

TEST_CASE_FIXTURE(PoolWorker, "Worker: futures hold no thread") {
    environment["TYPHON_WORKER_THREADS"] = "1";
    start();
    const auto ids = send({request("/python/future"), request("/python/future")});
    CHECK(get("/python/squares").status == 200);
    for (const std::uint64_t id : ids) {
        CHECK(reply(id).body == R"({"square":49})");
    }
}

TEST_CASE_FIXTURE(
    PoolWorker, "Drain: what was received is answered, then BYE, exit 0, and no process is left") {
    start();
    const pid_t group = pid();
    const auto ids = send({request("/python/sleep"),
                           request("/python/future"),
                           request("/python/async/sleep"),
                           request("/python/sleep")});
    say(proto::Drain{10'000});
    const int status = wait_exit();
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    for (const std::uint64_t id : ids) {
        REQUIRE(has_reply(id));
        CHECK(replies[id].status == 200);
    }
    REQUIRE(bye.has_value());
    CHECK(bye->served == ids.size());
    CHECK(std::ifstream(app() / "exited").good());
    until([&] { return gone(group); });
}

TEST_CASE_FIXTURE(Worker, "Drain: an idle worker leaves at once") {
    start();
    say(proto::Drain{60'000});
    CHECK(wait_exit() == 0);  // which is waited for less long
    CHECK(bye.has_value());
}

TEST_CASE_FIXTURE(
    Worker, "Drain: a handler that never ends does not keep the worker beyond the time given") {
    start();
    send(request("/python/spin"));
    CHECK(get("/python/stdout").status == 200);
    say(proto::Drain{300});
    CHECK_NOTHROW(wait_exit());
}

TEST_CASE_FIXTURE(
    PoolWorker,
    "Lifeline: when the gateway is gone the worker and its pool are gone, whoever has the GIL") {
    start();
    const std::uint64_t id = send(request("/python/spin"));
    until([&] { return started(slot_of(id), id); });
    const pid_t group = pid();
    const auto pids = ready->pool_pids;
    cut_lifeline();
    const int status = wait_exit();
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
    for (const std::uint32_t child : pids) {
        until([&] { return !is_alive(static_cast<pid_t>(child)); });
    }
    until([&] { return gone(group); });
}

TEST_CASE_FIXTURE(Worker, "Leave: SIGTERM and SIGINT are told to the gateway, and it serves on") {
    int number = 0;
    SUBCASE("SIGTERM") {
        number = SIGTERM;
    }
    SUBCASE("SIGINT") {
        number = SIGINT;
    }
    start();
    ::kill(pid(), number);
    until([&] { return pong.has_value(); });
    CHECK(pong->leaving);
    CHECK(get("/python/stdout").status == 200);
    pong.reset();
    say(proto::Ping{7});
    until([&] { return pong.has_value(); });
    CHECK(pong->nonce == 7);
    CHECK(pong->leaving);
    say(proto::Drain{10'000});
    CHECK(wait_exit() == 0);
}

TEST_CASE_FIXTURE(Worker, "Leave: the second signal ends it at once, whoever has the GIL") {
    start();
    const std::uint64_t id = send(request("/python/spin"));
    until([&] { return started(slot_of(id), id); });
    ::kill(pid(), SIGTERM);
    until([&] { return pong.has_value(); });
    ::kill(pid(), SIGINT);
    const int status = wait_exit();
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGINT);
}

TEST_CASE_FIXTURE(Worker,
                  "Leave: SIGHUP is for the gateway, and forks and programs have defaults") {
    start();
    ::kill(pid(), SIGHUP);
    CHECK(get("/python/program").body == "-15");
#ifndef __SANITIZE_THREAD__  // it delivers no signal to the fork of a process with threads
    CHECK(get("/python/fork").body == "-15");
#endif
    say(proto::Ping{1});
    until([&] { return pong.has_value(); });
    CHECK_FALSE(pong->leaving);
}

TEST_CASE_FIXTURE(Worker,
                  "Worker: PONG tells of handlers that spin, and that the GIL still moves") {
    start();
    send(request("/python/spin"));
    send(request("/python/spin"));
    say(proto::Ping{1});
    until([&] {
        if (pong && (pong->oldest_ms < 500 || pong->gil_age_ms >= pong->oldest_ms)) {
            pong.reset();
            say(proto::Ping{2});
        }
        return pong.has_value();
    });
    CHECK(pong->busy == 2);
}
