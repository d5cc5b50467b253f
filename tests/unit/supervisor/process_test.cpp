#include "gateway/supervisor/process.hpp"

#include <csignal>
#include <cstdint>
#include <system_error>

#include "tests/unit/supervisor/fixture.hpp"
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/supervisor/unique_fd.hpp"

using namespace typhon;
using test::eventually;

namespace {

SpawnRequest shell(const std::string& script) {
    return {"/bin/sh", {"-c", script}, {}, {}};
}

/// The exit of `pid`, and of nobody else.
int wait_exit(pid_t pid) {
    std::optional<ProcessExit> exit;
    REQUIRE(eventually([&] { return (exit = reap()).has_value(); }));
    CHECK(exit->pid == pid);
    return exit->status;
}

}  // namespace

TEST_CASE("Process: a program runs with exactly the environment that it is given") {
    const test::TempDir dir;
    const test::Variable leak("TYPHON_TEST_LEAK", "1");
    SpawnRequest request{"/usr/bin/env", {}, {{"ONLY", "this one"}}, {}};
    request.program = "/bin/sh";
    request.arguments = {"-c", "/usr/bin/env > " + dir.file("out")};
    const pid_t pid = spawn(request);
    CHECK(WEXITSTATUS(wait_exit(pid)) == 0);
    CHECK(dir.read("out").find("ONLY=this one\n") != std::string::npos);
    CHECK(dir.read("out").find("TYPHON_TEST_LEAK") == std::string::npos);
}

TEST_CASE("Process: it leads a group of its own") {
    const test::TempDir dir;
    const pid_t pid = spawn(
        shell("read -r a b c d group rest < /proc/self/stat; echo $group > " + dir.file("out")));
    wait_exit(pid);
    CHECK(dir.read("out") == std::to_string(pid) + "\n");
}

TEST_CASE("Process: of all open descriptors only those that are named stay open") {
    const test::TempDir dir;
    const UniqueFd leaked(::open("/dev/null", O_RDONLY));  // not close-on-exec
    const UniqueFd kept(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const auto say_if_open = [](const UniqueFd& fd, const std::string& name) {
        return "[ -e /proc/$$/fd/" + std::to_string(fd.get()) + " ] && echo " + name + "; ";
    };
    SpawnRequest request = shell("exec > " + dir.file("out") + "; " +
                                 say_if_open(leaked, "leaked") + say_if_open(kept, "kept"));
    request.keep = {kept.get()};
    wait_exit(spawn(request));
    CHECK(dir.read("out") == "kept\n");
}

TEST_CASE("Process: its standard input is empty") {
    const test::TempDir dir;
    wait_exit(spawn(shell("readlink /proc/self/fd/0 > " + dir.file("out"))));
    CHECK(dir.read("out") == "/dev/null\n");
}

TEST_CASE("Process: signals that are blocked or ignored here work there") {
    const test::TempDir dir;
    sigset_t blocked;
    sigset_t before;
    ::sigfillset(&blocked);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
    std::signal(SIGPIPE, SIG_IGN);
    const pid_t pid =
        spawn(shell("grep -E 'SigBlk|SigIgn' /proc/self/status > " + dir.file("out")));
    std::signal(SIGPIPE, SIG_DFL);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    wait_exit(pid);
    // 32 and 33 are the C library's own: it lets nobody change them, and whoever started us may
    // ignore them.
    constexpr std::uint64_t kOfTheLibrary = std::uint64_t{3} << 31;
    const std::string out = dir.read("out");
    CHECK(out.rfind("SigBlk:\t0000000000000000\nSigIgn:\t", 0) == 0);
    CHECK((std::stoull(out.substr(out.rfind('\t') + 1), nullptr, 16) & ~kOfTheLibrary) == 0);
}

TEST_CASE("Process: a program that does not exist is an error, and leaves no child") {
    CHECK_THROWS_AS(static_cast<void>(spawn({"/nowhere/typhon-worker", {}, {}, {}})),
                    std::system_error);
    REQUIRE(eventually([] {
        while (reap()) {
        }
        return !has_children();
    }));
}

TEST_CASE("Process: collecting one that died kills what is left of its group") {
    const test::TempDir dir;
    adopt_orphans();
    const pid_t pid = spawn(shell("sleep 1000 & echo $! > " + dir.file("child") + "; exit 3"));
    CHECK(describe_exit(wait_exit(pid)) == "exit code 3");
    const pid_t child = std::stoi(dir.read("child"));
    std::optional<ProcessExit> orphan;
    REQUIRE(eventually([&] { return (orphan = reap()).has_value(); }));
    CHECK(orphan->pid == child);
    CHECK(describe_exit(orphan->status) == "signal 9 (SIGKILL)");
    CHECK_FALSE(has_children());
}

TEST_CASE("Process: resident memory of this process is known, of none is 0") {
    CHECK(resident_bytes(::getpid()) > std::size_t{100'000});
    CHECK(resident_bytes(0x7fffffff) == 0);
}

TEST_CASE("Process: exits read as a person would say them") {
    CHECK(describe_exit(0) == "exit code 0");
    CHECK(describe_exit(7 << 8) == "exit code 7");
    CHECK(describe_exit(SIGSEGV) == "signal 11 (SIGSEGV)");
}

TEST_CASE("Process: the memory of several is the sum, and what is gone counts as nothing") {
    const auto self = static_cast<std::uint32_t>(::getpid());
    const std::size_t one = resident_bytes(::getpid());
    const std::size_t two = resident_bytes(std::vector<std::uint32_t>{self, self, 0x7fffffffU});
    CHECK(one > 0);
    CHECK(two > one);
    CHECK(resident_bytes(std::vector<std::uint32_t>{}) == 0);
}
