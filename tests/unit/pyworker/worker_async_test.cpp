// The real typhon-worker: async handlers.
#include "tests/unit/pyworker/worker_fixture.hpp"
#include <doctest/doctest.h>

using namespace typhon;
using tests::Sent;
using tests::WorkerFixture;

namespace {

constexpr const char* kApp = R"py(
import asyncio
import contextvars
from typhon import abort, route

var = contextvars.ContextVar("var", default=0)
cancelled = []

@route("/python/async/hello")
async def hello(request):
    var.set(var.get() + 1)
    await asyncio.sleep(0)
    return {"task": asyncio.current_task() is not None, "var": var.get()}

LIMIT = 1000
running = 0
peak = 0
full = asyncio.Event()

@route("/python/async/crowd")
async def crowd(request):
    global running, peak
    running += 1
    peak = max(peak, running)
    if running == LIMIT:
        full.set()
    await full.wait()
    await asyncio.sleep(0.1)  # time for one too many to start
    running -= 1
    return {}

@route("/python/async/peak")
async def told_peak(request):
    return {"peak": peak}

@route("/python/async/cancelled")
async def count(request):
    return {"cancelled": len(cancelled)}

@route("/python/async/long")
async def long(request):
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        cancelled.append(request.id)
        raise

@route("/python/async/raise")
async def raises(request):
    raise ValueError("a fault")

@route("/python/async/abort")
async def aborted(request):
    abort(422, "no")

@route("/python/async/exit")
async def exits(request):
    raise SystemExit(1)

@route("/python/async/stray")
async def stray(request):
    async def leave():
        raise SystemExit(1)
    task = asyncio.ensure_future(leave())
    await asyncio.sleep(0.01)
    return {"here": True}
)py";

struct Worker : WorkerFixture {
    Worker() { write("endpoints.py", kApp); }
};

}  // namespace

TEST_CASE_FIXTURE(Worker, "Worker: async handlers run side by side in tasks of their own") {
    start();
    CHECK(get("/python/async/hello").body == R"({"task":true,"var":1})");
    CHECK(get("/python/async/hello").body == R"({"task":true,"var":1})");
    Sent crowd;
    crowd.path = "/python/async/crowd";
    send(std::vector<Sent>(1200, crowd));  // the first thousand end when they are all there
    until([&] { return replies.size() == 1200; });
    CHECK(get("/python/async/peak").body == R"({"peak":1000})");
}

TEST_CASE_FIXTURE(Worker, "Worker: async handlers fail like others, and their loop goes on") {
    start();
    CHECK(get("/python/async/raise").status == 500);
    CHECK(get("/python/async/abort").status == 422);
    CHECK(get("/python/async/exit").status == 500);
    CHECK(get("/python/async/stray").body == R"({"here":true})");
    CHECK(get("/python/async/hello").status == 200);
    Sent late;
    late.path = "/python/async/hello";
    late.left_ms = 0;
    CHECK(reply(send(late)).status == 504);
}

TEST_CASE_FIXTURE(Worker, "Worker: CANCEL of a running coroutine cancels its task") {
    start();
    Sent endless;
    endless.path = "/python/async/long";
    const std::uint64_t id = send(endless);
    until([&] { return started(slot_of(id), id); });
    say(proto::Ping{1});
    until([&] { return pong.has_value(); });
    CHECK(pong->async_running == 1);
    say(proto::Cancel{id});
    CHECK(reply(id).status == 503);
    CHECK(get("/python/async/cancelled").body == R"({"cancelled":1})");
}
