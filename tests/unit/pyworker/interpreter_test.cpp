#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "pyworker/interpreter_check.hpp"
#include "pyworker/start_failure.hpp"

using typhon::worker::check_interpreter;
using typhon::worker::StartFailure;
using typhon::worker::version_fault;

namespace {

/// A program that says the right version, and goes on for 20 s.
struct Lingering {
    Lingering() {
        REQUIRE(::mkdtemp(directory.data()) != nullptr);
        std::ofstream(program()) << "#!" TYPHON_PYTHON
                                    "\n"
                                    "import os, sys, time\n"
                                    "os.write(1, b'%d.%d\\n' % sys.version_info[:2])\n"
                                    "os.close(1)\n"
                                    "time.sleep(20)\n"
                                    "open(sys.argv[0] + '.ended', 'w')\n";
        std::filesystem::permissions(program(), std::filesystem::perms::owner_all);
    }
    ~Lingering() {
        std::error_code ignored;
        std::filesystem::remove_all(directory, ignored);
    }
    Lingering(const Lingering&) = delete;
    Lingering& operator=(const Lingering&) = delete;
    Lingering(Lingering&&) = delete;
    Lingering& operator=(Lingering&&) = delete;

    [[nodiscard]] std::string program() const { return directory + "/python"; }
    [[nodiscard]] bool has_ended() const { return std::filesystem::exists(program() + ".ended"); }

    std::string directory = (std::filesystem::temp_directory_path() / "typhon-XXXXXX").string();
};

}  // namespace

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

TEST_CASE_FIXTURE(Lingering, "Interpreter: one that goes on after its answer is not waited for") {
    CHECK_NOTHROW(check_interpreter(program()));
    CHECK_FALSE(has_ended());
}

TEST_CASE("Interpreter: a path that is none, or no Python, fails the start with one sentence") {
    CHECK_THROWS_WITH_AS(check_interpreter("/nonexistent/python"),
                         doctest::Contains("/nonexistent/python cannot be run"),
                         StartFailure);
    CHECK_THROWS_WITH_AS(
        check_interpreter("/bin/true"), doctest::Contains("does not say"), StartFailure);
}
