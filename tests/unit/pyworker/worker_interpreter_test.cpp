// The real typhon-worker: which interpreter runs the handlers, and in what environment.
#include <cstdlib>

#include "tests/unit/pyworker/worker_fixture.hpp"
#include <doctest/doctest.h>

using namespace typhon;
using tests::WorkerFixture;

namespace {

constexpr const char* kApp = R"py(
import os
import subprocess
import sys

from typhon import route

@route("/python/subprocess")
def child(request):
    process = subprocess.Popen(["/bin/sleep", "60"])
    process.terminate()
    return {"code": process.wait(15)}

@route("/python/where")
def where(request):
    return {"prefix": sys.prefix, "executable": sys.executable, "path": sys.path,
            "token": [name for name in os.environ if name.startswith("TYPHON")],
            "flags": [sys.flags.ignore_environment, sys.flags.no_user_site, sys.flags.dont_write_bytecode],
            "argv": sys.argv, "utf8": sys.flags.utf8_mode}
)py";

struct Worker : WorkerFixture {
    Worker() { write("endpoints.py", kApp); }
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

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
