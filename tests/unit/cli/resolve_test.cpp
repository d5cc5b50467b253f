#include "gateway/cli/resolve.hpp"

#include <filesystem>

#include "tests/unit/supervisor/fixture.hpp"
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/error.hpp"
#include "gateway/cli/interpreter.hpp"
#include "gateway/exit_codes.hpp"

using namespace typhon;
using namespace typhon::cli;
namespace fs = std::filesystem;

namespace {

/// Options that resolve, in a directory of their own.
struct Place {
    Place() {
        fs::create_directories(dir.file("app"));
        fs::create_directories(dir.file("fw/typhon"));
        dir.write("fw/typhon/__init__.py", "");
        program("worker", "");
        options.supervisor.app = dir.file("app");
        options.supervisor.framework = dir.file("fw");
        options.supervisor.worker_bin = dir.file("worker");
        options.supervisor.run_dir = dir.file("run");
    }
    void program(const std::string& name, const std::string& script) const {
        dir.write(name, "#!/bin/sh\n" + script + "\n");
        ::chmod(dir.file(name).c_str(), 0755);
    }
    void venv(const std::string& version) const {
        fs::create_directories(dir.file("venv/bin"));
        program("venv/bin/python", "exit 1");
        dir.write("venv/pyvenv.cfg", "home = /usr/bin\nversion = " + version + "\n");
    }
    std::string fault(int code = exit_code::kPython) {
        try {
            resolve(options);
        } catch (const CommandError& error) {
            CHECK(error.exit_code() == code);
            return error.what();
        }
        return "nothing";
    }

    test::TempDir dir;
    Options options;
};

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Resolve: what was given is made absolute, the interpreter is that of the build") {
    Place place;
    const fs::path before = fs::current_path();
    fs::current_path(place.dir.path());
    place.options.supervisor.app = "./app/";
    resolve(place.options);
    fs::current_path(before);
    CHECK(place.options.supervisor.app == place.dir.file("app"));
    CHECK(place.options.supervisor.python == kDefaultPython);
    CHECK(place.options.supervisor.run_dir == place.dir.file("run"));
}

TEST_CASE("Resolve: an application that is not there, or no directory, is named") {
    Place place;
    place.options.supervisor.app = place.dir.file("nowhere");
    CHECK(holds(place.fault(), place.dir.file("nowhere") + " does not exist"));
    place.options.supervisor.app = place.dir.file("worker");
    CHECK(holds(place.fault(), "is not a directory"));
}

TEST_CASE("Resolve: the interpreter of a venv is used, by its own path") {
    Place place;
    place.venv(std::string(kPythonVersion) + ".2");
    place.options.venv = place.dir.file("venv");
    resolve(place.options);
    CHECK(place.options.supervisor.python == place.dir.file("venv/bin/python"));
}

TEST_CASE("Resolve: a venv of another Python is refused with both versions") {
    Place place;
    place.venv("3.99.1");
    place.options.venv = place.dir.file("venv");
    const std::string fault = place.fault();
    CHECK(holds(fault, "Python 3.99"));
    CHECK(holds(fault, std::string("Python ") + kPythonVersion));
}

TEST_CASE("Resolve: a directory that is no venv is refused, and the way to make one is told") {
    Place place;
    place.options.venv = place.dir.file("app");
    const std::string fault = place.fault();
    CHECK(holds(fault, "is not a virtual environment"));
    CHECK(holds(fault, "-m venv"));
}

TEST_CASE("Resolve: another interpreter is asked for its version") {
    Place place;
    place.program("python", "echo " + std::string(kPythonVersion) + ".9");
    place.options.supervisor.python = place.dir.file("python");
    resolve(place.options);
    CHECK(place.options.supervisor.python == place.dir.file("python"));

    place.program("python", "echo 2.7.18");
    CHECK(holds(place.fault(), "is Python 2.7"));
    place.program("python", "exit 3");
    CHECK(holds(place.fault(), "does not tell its version"));
    place.options.supervisor.python = place.dir.file("fw/typhon/__init__.py");
    CHECK(holds(place.fault(), "cannot be run"));
}

TEST_CASE("Resolve: --python wins over --venv") {
    Place place;
    place.program("python", "echo " + std::string(kPythonVersion) + ".9");
    place.options.supervisor.python = place.dir.file("python");
    place.options.venv = "/nowhere";
    resolve(place.options);
    CHECK(place.options.supervisor.python == place.dir.file("python"));
}

TEST_CASE("Resolve: framework and worker executable are checked") {
    Place place;
    place.options.supervisor.framework = place.dir.file("app");
    CHECK(holds(place.fault(), "typhon/__init__.py"));
    Place other;
    other.options.supervisor.worker_bin = other.dir.file("fw/typhon/__init__.py");
    CHECK(holds(other.fault(), "--worker-bin"));
}

TEST_CASE("Resolve: the framework of the source tree is found by itself") {
    Place place;
    place.options.supervisor.framework.clear();
    resolve(place.options);
    CHECK(fs::exists(place.options.supervisor.framework + "/typhon/__init__.py"));
    CHECK(place.options.supervisor.framework.front() == '/');
}

TEST_CASE("Resolve: a run directory whose path is too long is refused") {
    Place place;
    place.options.supervisor.run_dir = "/tmp/" + std::string(120, 'x');
    CHECK(holds(place.fault(exit_code::kRunDirectory), "too long"));
}

TEST_CASE("Interpreter: the minor version of what it prints") {
    CHECK(minor_version("3.11.2\n") == "3.11");
    CHECK(minor_version("3.11") == "3.11");
    CHECK(minor_version("3.12.0.final.0") == "3.12");
    for (const char* text : {"", "3", "3.", ".3", "Python 3.11", "x"}) {
        CAPTURE(text);
        CHECK(minor_version(text).empty());
    }
}

TEST_CASE("Resolve: a static directory is made absolute, and must be one") {
    Place place;
    place.options.http.statics = {{{"a"}, place.dir.file("fw/../fw/")}};
    resolve(place.options);
    CHECK(place.options.http.statics[0].directory == place.dir.file("fw"));
    CHECK(place.options.http.file_roots == std::vector{place.dir.file("app")});
    place.options.http.file_roots = {place.dir.file("fw/")};
    resolve(place.options);
    CHECK(place.options.http.file_roots == std::vector{place.dir.file("fw")});
    place.options.http.statics = {{{"a"}, place.dir.file("worker")}};
    CHECK(holds(place.fault(exit_code::kUsage), "is not a directory"));
    place.options.http.statics = {{{"a"}, place.dir.file("nowhere")}};
    CHECK(holds(place.fault(exit_code::kUsage), place.dir.file("nowhere")));
}
