// The real typhon-worker: what it answers.
#include <algorithm>
#include <cstdlib>

#include "tests/unit/pyworker/worker_fixture.hpp"
#include <doctest/doctest.h>

using namespace typhon;
using tests::Got;
using tests::Sent;
using tests::WorkerFixture;

namespace {

constexpr const char* kApp = R"py(
import concurrent.futures
import os
import subprocess
import sys
import threading
import time

from typhon import Response, abort, route

local = threading.local()

@route("/python/hello")
def hello(request):
    return {"message": "Hello"}

@route("/python/process", methods=["POST"])
def process(request):
    return {"got": request.body, "type": type(request.body).__name__}

@route("/python/users/<int:user>/<name>")
def user(request):
    return [request.path_params["user"], request.path_params["name"], request.route]

@route("/python/fields", methods=["GET", "POST"])
def fields(request):
    return {
        "method": request.method, "path": request.path, "query": request.query_params,
        "header": request.headers["HOST"], "client": request.client, "id": request.id,
        "data": request.data.decode(), "text": request.text, "cookies": request.cookies,
        "form": request.form, "deadline": 0 < request.deadline <= 30,
        "same": request.headers is request.headers, "repr": repr(request),
    }

@route("/python/text")
def text(request):
    return "gr\u00fc\u00dfe"

@route("/python/bytes")
def some_bytes(request):
    return b"\x00\x01"

@route("/python/nothing")
def nothing(request):
    return None

@route("/python/teapot")
def teapot(request):
    return Response({"short": True}, 418, {"X-Pot": "stout"})

@route("/python/abort")
def aborted(request):
    abort(409, "not now")

@route("/python/raise")
def raises(request):
    raise ValueError("a fault of the handler")

@route("/python/exit")
def exits(request):
    sys.exit(3)

@route("/python/surrogate")
def surrogate(request):
    return "\udc80"

@route("/python/attributes")
def attributes(request):
    request.user = "ann"
    return {"user": request.user, "dict": request.__dict__}

@route("/python/threads")
def threads(request):
    local.count = getattr(local, "count", 0) + 1
    return {"count": local.count, "name": threading.current_thread().name}

@route("/python/sleep")
def sleep(request):
    time.sleep(float(request.query_params["s"]))
    return {"slept": True}

running = 0
peak = 0
count_lock = threading.Lock()
barrier = threading.Barrier(4)

@route("/python/meet")
def meet(request):
    global running, peak
    with count_lock:
        running += 1
        peak = max(peak, running)
    barrier.wait(15)
    with count_lock:
        running -= 1
    return {}

@route("/python/peak")
def told_peak(request):
    return {"peak": peak}

@route("/python/subprocess")
def child(request):
    process = subprocess.Popen(["/bin/sleep", "60"])
    process.terminate()
    return {"code": process.wait(15)}

@route("/python/large")
def large(request):
    return b"x" * 3_000_000

@route("/python/future")
def future(request):
    result = concurrent.futures.Future()
    threading.Timer(0.05, lambda: result.set_result({"later": True})).start()
    return result

@route("/python/future/failed")
def failed_future(request):
    result = concurrent.futures.Future()
    result.set_exception(ValueError("in the future"))
    return result

@route("/python/where")
def where(request):
    return {"prefix": sys.prefix, "executable": sys.executable, "path": sys.path,
            "token": [name for name in os.environ if name.startswith("TYPHON")],
            "flags": [sys.flags.ignore_environment, sys.flags.no_user_site, sys.flags.dont_write_bytecode],
            "argv": sys.argv, "utf8": sys.flags.utf8_mode}
)py";

constexpr const char* kAsyncApp = R"py(
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

running = 0
peak = 0

@route("/python/async/sleep")
async def sleep(request):
    global running, peak
    running += 1
    peak = max(peak, running)
    await asyncio.sleep(float(request.query_params["s"]))
    running -= 1
    return {"slept": True}

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
    Worker() {
        write("endpoints.py", kApp);
        write("async_endpoints.py", kAsyncApp);
    }
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE_FIXTURE(Worker, "Worker: READY tells token, versions, capacity and the route table") {
    const proto::Ready& said = start();
    CHECK(said.token == "secret");
    CHECK(said.pid == static_cast<std::uint32_t>(pid()));
    CHECK(said.python.starts_with("3.11."));
    CHECK(said.interpreter == TYPHON_PYTHON);
    CHECK(said.threads == 4);
    CHECK(said.async_capacity == 1000);
    REQUIRE(said.routes.size() > 10);
    CHECK(said.routes[0].pattern == "/python/async/hello");
    CHECK(said.routes[0].mode == proto::RouteMode::async);
    CHECK(said.routes.back().name == "endpoints.where");
}

TEST_CASE_FIXTURE(Worker, "Worker: results of every common type become replies") {
    start();
    const Got hello = get("/python/hello");
    CHECK(hello.status == 200);
    CHECK(hello.content_type == "application/json");
    CHECK(hello.body == R"({"message":"Hello"})");
    CHECK(get("/python/text").content_type == "text/plain; charset=utf-8");
    CHECK(get("/python/text").body ==
          "gr\xC3\xBC\xC3\x9F"
          "e");
    CHECK(get("/python/bytes").body == std::string("\0\1", 2));
    CHECK(get("/python/bytes").content_type == "application/octet-stream");
    const Got nothing = get("/python/nothing");
    CHECK(nothing.status == 204);
    CHECK(nothing.body.empty());
    const Got teapot = get("/python/teapot");
    CHECK(teapot.status == 418);
    REQUIRE(teapot.headers.size() == 1);
    CHECK(teapot.headers[0] == std::pair<std::string, std::string>("X-Pot", "stout"));
    CHECK(get("/python/large").body.size() == 3'000'000);
}

TEST_CASE_FIXTURE(Worker, "Worker: a handler reads every field of its request") {
    start();
    CHECK(post_json("/python/process", R"({"a":[1]})").body ==
          R"({"got":{"a":[1]},"type":"dict"})");
    CHECK(post_json("/python/process", "").body == R"({"got":null,"type":"NoneType"})");
    CHECK(get("/python/users/42/w%C3%A4%2Fx").body ==
          "[42,\"w\xC3\xA4/x\",\"/python/users/<int:user>/<name>\"]");
    Sent sent;
    sent.method = "POST";
    sent.path = "/python/fields";
    sent.query = "a=1&a=2&b=%20";
    sent.content_type = "application/x-www-form-urlencoded";
    sent.body = "x=y";
    const std::uint64_t id = send(sent);
    const std::string body = reply(id).body;
    for (const char* part : {R"("method":"POST")",
                             R"("path":"/python/fields")",
                             R"("query":{"a":"2","b":" "})",
                             R"("header":"test")",
                             R"("client":"127.0.0.1:1")",
                             R"("id":"0000000000000004")",
                             R"("data":"x=y")",
                             R"("text":"x=y")",
                             R"("form":{"x":"y"})",
                             R"("deadline":true)",
                             R"("same":true)",
                             R"("repr":"<Request POST /python/fields 0000000000000004>")"}) {
        CAPTURE(body);
        CHECK_MESSAGE(contains(body, part), part);
    }
    CHECK(get("/python/attributes").body == R"({"user":"ann","dict":{"user":"ann"}})");
}

TEST_CASE_FIXTURE(
    Worker, "Worker: an exception is an answer in the common form, and the next request works") {
    start();
    const Got raised = get("/python/raise");
    CHECK(raised.status == 500);
    CHECK(contains(raised.body, R"("error":"internal error","request_id":")"));
    CHECK(get("/python/exit").status == 500);
    CHECK(get("/python/surrogate").status == 500);
    const Got aborted = get("/python/abort");
    CHECK(aborted.status == 409);
    CHECK(contains(aborted.body, "not now"));
    CHECK(post_json("/python/process", "{").status == 400);
    CHECK(get("/python/hello").status == 200);
}

TEST_CASE_FIXTURE(Worker, "Worker: what no route serves is answered as the gateway would") {
    start();
    CHECK(get("/python/unknown").status == 404);
    const Got wrong = post_json("/python/hello", "1");
    CHECK(wrong.status == 405);
    REQUIRE(wrong.headers.size() == 1);
    CHECK(wrong.headers[0].second == "GET, HEAD, OPTIONS");
    Sent head;
    head.method = "HEAD";
    head.path = "/python/hello";
    CHECK(reply(send(head)).body == R"({"message":"Hello"})");
}

TEST_CASE_FIXTURE(Worker, "Worker: all requests of one message are answered, in few messages") {
    start();
    Sent hello;
    hello.path = "/python/hello";
    const auto ids = send(std::vector<Sent>(64, hello));
    int messages = 0;
    until([&] {
        messages += receive(std::chrono::milliseconds(20)) ? 1 : 0;
        return replies.size() == ids.size();
    });
    CHECK(messages < 64);
    CHECK(started(slot_of(ids.back()), ids.back()));
}

TEST_CASE_FIXTURE(Worker, "Worker: a future's result is the reply when it is there") {
    start();
    const Got later = get("/python/future");
    CHECK(later.body == R"({"later":true})");
    CHECK(later.run_us >= 30'000);
    CHECK(get("/python/future/failed").status == 500);
}

TEST_CASE_FIXTURE(Worker, "Worker: a handler that blocks holds up neither others nor PING") {
    start();
    Sent slow;
    slow.path = "/python/sleep";
    slow.query = "s=1.5";
    Sent hello;
    hello.path = "/python/hello";
    const auto ids = send({hello, slow, hello, hello});
    say(proto::Ping{5});
    until([&] { return replies.size() == 3 && pong.has_value(); });
    CHECK_FALSE(has_reply(ids[1]));
    CHECK(pong->nonce == 5);
    CHECK(pong->busy <= 2);
    CHECK(pong->threads == 4);
    const Got slept = reply(ids[1]);
    CHECK(slept.run_us >= 1'500'000);
}

TEST_CASE_FIXTURE(Worker, "Worker: as many handlers run at once as it has threads, and no more") {
    start();
    Sent meet;
    meet.path = "/python/meet";
    for (const std::uint64_t id : send(std::vector<Sent>(8, meet))) {
        CHECK(reply(id).status == 200);  // each waited until four were there
    }
    CHECK(get("/python/peak").body == R"({"peak":4})");
}

TEST_CASE_FIXTURE(Worker, "Worker: threads keep their locals, and have names") {
    start();
    CHECK(contains(get("/python/threads").body, R"("count":1,"name":"typhon-)"));
    Sent sent;
    sent.path = "/python/threads";
    send(std::vector<Sent>(200, sent));
    until([&] { return replies.size() == 200; });
    int largest = 0;
    for (const auto& [id, got] : replies) {
        largest = std::max(largest, std::stoi(got.body.substr(got.body.find(':') + 1)));
    }
    CHECK(largest > 20);  // at most 5 threads shared 201 calls
}

TEST_CASE_FIXTURE(Worker, "Worker: a request past its deadline is answered 504 and never starts") {
    start();
    Sent late;
    late.path = "/python/hello";
    late.left_ms = 0;
    const std::uint64_t id = send(late);
    const Got got = reply(id);
    CHECK(got.status == 504);
    CHECK_FALSE(started(slot_of(id), id));
}

TEST_CASE_FIXTURE(
    Worker, "Worker: a cancelled request that has not started is answered without being run") {
    environment["TYPHON_WORKER_THREADS"] = "1";
    start();
    Sent slow;
    slow.path = "/python/sleep";
    slow.query = "s=0.5";
    Sent hello;
    hello.path = "/python/hello";
    const auto ids = send({slow, hello});
    say(proto::Cancel{ids[1]});
    const Got got = reply(ids[1]);
    CHECK(got.status == 499);
    CHECK_FALSE(started(slot_of(ids[1]), ids[1]));
    CHECK(reply(ids[0]).status == 200);
}

TEST_CASE_FIXTURE(Worker, "Worker: async handlers run side by side in tasks of their own") {
    start();
    CHECK(get("/python/async/hello").body == R"({"task":true,"var":1})");
    CHECK(get("/python/async/hello").body == R"({"task":true,"var":1})");
    Sent sleep;
    sleep.path = "/python/async/sleep";
    sleep.query = "s=0.1";
    send(std::vector<Sent>(1200, sleep));  // more than run at once
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

TEST_CASE_FIXTURE(Worker,
                  "Worker: the interpreter is the pinned one, and the environment is clean") {
    environment["PYTHONPATH"] = "/nonexistent";
    environment["PYTHONHOME"] = "/nonexistent";
    start();
    const std::string body = get("/python/where").body;
    CAPTURE(body);
    CHECK(contains(body, "\"executable\":\"" TYPHON_PYTHON "\""));
    CHECK(contains(body, "\"path\":[\"" + std::filesystem::canonical(app()).string() + "\",\""));
    CHECK(contains(body, R"("token":[])"));
    CHECK(contains(body, R"("flags":[1,1,1])"));
    CHECK(contains(body, R"("utf8":1)"));
}

TEST_CASE_FIXTURE(Worker, "Worker: a handler's own processes have the usual signals") {
    start();
    CHECK(get("/python/subprocess").body == R"({"code":-15})");
}

TEST_CASE_FIXTURE(Worker,
                  "Worker: a virtual environment is active when its interpreter is pinned") {
    const std::string venv = (app().parent_path() / "venv").string();
    const std::string command = TYPHON_PYTHON " -m venv --without-pip " + venv;
    REQUIRE(std::system(command.c_str()) == 0);  // NOLINT(concurrency-mt-unsafe,cert-env33-c)
    environment["TYPHON_WORKER_PYTHON"] = venv + "/bin/python3";
    environment["PATH"] = "";
    start();
    const std::string body = get("/python/where").body;
    CAPTURE(body);
    CHECK(contains(body, "\"prefix\":\"" + venv + "\""));
    CHECK(contains(body, "\"executable\":\"" + venv + "/bin/python3\""));
    CHECK(contains(body, venv + "/lib/python3.11/site-packages"));
}
