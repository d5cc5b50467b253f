// The real typhon-worker: starts that fail.
#include "tests/unit/pyworker/worker_fixture.hpp"
#include <doctest/doctest.h>
#include <sys/wait.h>

using namespace typhon;
using tests::WorkerFixture;

namespace {

constexpr const char* kHello = R"py(
from typhon import route

@route("/python/hello")
def hello(request):
    return "hello"
)py";

struct Failing : WorkerFixture {
    /// What the worker said of its failure; it has exited with 1.
    proto::StartError fail() {
        spawn();
        until([this] { return start_error.has_value() || ready.has_value(); });
        const int status = wait_exit();
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 1);
        REQUIRE(start_error.has_value());
        return *start_error;
    }
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE_FIXTURE(Failing, "Start: a module that does not import is told with its traceback") {
    write("broken.py", "import nowhere_to_be_found\n");
    const auto error = fail();
    CHECK(error.stage == "import");
    CHECK(contains(error.text, "broken.py\", line 1"));
    CHECK(contains(error.text, "No module named 'nowhere_to_be_found'"));
}

TEST_CASE_FIXTURE(Failing, "Start: sys.exit() at import is a failed start, not an exit") {
    write("leaves.py", "import sys\nsys.exit(0)\n");
    CHECK(contains(fail().text, "leaves"));
}

TEST_CASE_FIXTURE(Failing, "Start: a syntax error names the line") {
    write("wrong.py", "x = 1\ndef f(:\n");
    CHECK(contains(fail().text, "line 2"));
}

TEST_CASE_FIXTURE(Failing, "Start: two handlers for one route name both") {
    write("twice.py", std::string(kHello) + R"py(
@route("/python/hello")
def other(request):
    return "other"
)py");
    const std::string text = fail().text;
    CHECK(contains(text, "twice.hello"));
    CHECK(contains(text, "twice.other"));
}

TEST_CASE_FIXTURE(Failing, "Start: an interpreter of another kind is one clear sentence") {
    write("endpoints.py", kHello);
    environment["TYPHON_WORKER_PYTHON"] = "/bin/true";
    const auto error = fail();
    CHECK(error.stage == "interpreter");
    CHECK(contains(error.text, "/bin/true does not say its version"));
}

TEST_CASE_FIXTURE(Failing, "Start: a missing framework is named") {
    environment["TYPHON_WORKER_FRAMEWORK"] = "/nonexistent";
    const auto error = fail();
    CHECK(error.stage == "import");
    CHECK(contains(error.text, "/nonexistent"));
}

TEST_CASE_FIXTURE(Failing, "Start: a pool that cannot be is told in its own stage") {
    write("endpoints.py", kHello);
    environment["TYPHON_WORKER_POOL"] = "carrier-pigeons";
    const auto error = fail();
    CHECK(error.stage == "pool");
    CHECK(contains(error.text, "carrier-pigeons"));
}

TEST_CASE_FIXTURE(Failing, "Start: a route that wants a pool where there is none is named") {
    write("endpoints.py",
          "from typhon import route\n"
          "@route('/python/sum', use_process_pool=True)\n"
          "def sum_up(request, pool): return 1\n");
    const auto error = fail();
    CHECK(error.stage == "pool");
    CHECK(contains(error.text, "endpoints.sum_up of /python/sum wants the process pool"));
    CHECK(contains(error.text, "--pool-workers 1"));
}

TEST_CASE_FIXTURE(Failing, "Start: threads of a failed application do not keep it alive") {
    write("lingers.py",
          "import threading, time\n"
          "threading.Thread(target=time.sleep, args=(60,)).start()\n"
          "raise RuntimeError('after a thread')\n");
    CHECK(contains(fail().text, "after a thread"));
}
