// The real typhon-worker: how handlers share its threads, and which never start.
#include <algorithm>

#include "tests/unit/pyworker/worker_fixture.hpp"
#include <doctest/doctest.h>

using namespace typhon;
using tests::Got;
using tests::Sent;
using tests::WorkerFixture;

namespace {

constexpr const char* kApp = R"py(
import concurrent.futures
import gc
import threading
import time
import weakref

import typhon._request
from typhon import route

local = threading.local()

@route("/python/hello")
def hello(request):
    return {"message": "Hello"}

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

class State:
    pass

states = []
both = threading.Barrier(2)

def state_of_two():
    both.wait(15)
    state = State()
    states.append(weakref.ref(state))
    return state

typhon._request.new_state = state_of_two

@route("/python/state")
def state(request):
    seen = []
    readers = [threading.Thread(target=lambda: seen.append(request.state)) for _ in range(2)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    return {"same": seen[0] is seen[1]}

@route("/python/states")
def told_states(request):
    gc.collect()
    return {"made": len(states), "left": sum(state() is not None for state in states)}

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
)py";

struct Worker : WorkerFixture {
    Worker() { write("endpoints.py", kApp); }
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

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

TEST_CASE_FIXTURE(
    Worker, "Worker: threads that read a field at the same time get one object, and none is left") {
    start();
    CHECK(get("/python/state").body == R"({"same":true})");
    CHECK(get("/python/states").body == R"({"made":2,"left":0})");
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
