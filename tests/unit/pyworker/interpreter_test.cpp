#include <doctest/doctest.h>

#include "pyworker/interpreter_check.hpp"
#include "pyworker/start_failure.hpp"

using typhon::worker::check_interpreter;
using typhon::worker::StartFailure;
using typhon::worker::version_fault;

TEST_CASE("Interpreter: the embedded version has no fault, another one is named with the remedy") {
    CHECK(version_fault("/usr/bin/python3", "3.11\n").empty());
    const std::string fault = version_fault("/opt/python", "3.12\n");
    CHECK(fault.find("/opt/python is Python 3.12") != std::string::npos);
    CHECK(fault.find("embeds Python 3.11") != std::string::npos);
    CHECK(version_fault("/bin/true", "").find("does not say its version") != std::string::npos);
}

TEST_CASE("Interpreter: the one that the build uses is accepted") {
    CHECK_NOTHROW(check_interpreter(TYPHON_PYTHON));
}

TEST_CASE("Interpreter: a path that is none, or no Python, fails the start with one sentence") {
    CHECK_THROWS_WITH_AS(check_interpreter("/nonexistent/python"),
                         doctest::Contains("/nonexistent/python cannot be run"),
                         StartFailure);
    CHECK_THROWS_WITH_AS(
        check_interpreter("/bin/true"), doctest::Contains("does not say"), StartFailure);
}
