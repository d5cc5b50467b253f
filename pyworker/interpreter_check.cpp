#include "pyworker/interpreter_check.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

#include <Python.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/deadline.hpp"
#include "pyworker/fd.hpp"
#include "pyworker/start_failure.hpp"

namespace typhon::worker {

namespace {

constexpr std::chrono::milliseconds kPatience{10'000};
constexpr const char* kProgram = "import sys; print('%d.%d' % sys.version_info[:2])";

const std::string& embedded_version() {
    static const std::string version =
        std::to_string(PY_MAJOR_VERSION) + "." + std::to_string(PY_MINOR_VERSION);
    return version;
}

[[noreturn]] void fail(const std::string& text) {
    throw StartFailure("interpreter", text);
}

std::string reason(int error) {
    return std::generic_category().message(error);
}

/// A child that writes its standard output into `output`.
pid_t spawn(const std::string& python, int output) {
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    const std::array<const char*, 6> words{python.c_str(), "-I", "-S", "-c", kProgram, nullptr};
    pid_t pid = -1;
    const int error = ::posix_spawn(&pid,
                                    python.c_str(),
                                    &actions,
                                    nullptr,
                                    const_cast<char* const*>(words.data()),  // NOLINT
                                    environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        fail("the interpreter " + python + " cannot be run: " + reason(error));
    }
    return pid;
}

/// All that comes out of the pipe until its end or the deadline.
std::string read_all(int pipe, proto::Deadline deadline) {
    std::string text;
    std::array<char, 256> buffer{};
    pollfd wait{pipe, POLLIN, 0};
    while (::poll(&wait, 1, static_cast<int>(deadline.left_ms())) > 0) {
        const ssize_t got = ::read(pipe, buffer.data(), buffer.size());
        if (got <= 0) {
            break;
        }
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text;
}

std::string ask_version(const std::string& python) {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        fail("no pipe for the interpreter " + python + ": " + reason(errno));
    }
    const Fd output(ends[0]);
    Fd input(ends[1]);
    const pid_t pid = spawn(python, input.get());
    input = Fd();
    std::string text = read_all(output.get(), proto::Deadline::after(kPatience));
    if (text.empty()) {
        ::kill(pid, SIGKILL);
    }
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return text;
}

}  // namespace

std::string version_fault(std::string_view python, std::string_view printed) {
    const std::string_view version = printed.substr(0, printed.find_first_of("\r\n "));
    if (version == embedded_version()) {
        return {};
    }
    const std::string name(python);
    if (version.empty()) {
        return "the interpreter " + name + " does not say its version";
    }
    return "the interpreter " + name + " is Python " + std::string(version) +
           ", but this worker embeds Python " + embedded_version() +
           ": make the virtual environment with /usr/bin/python3";
}

void check_interpreter(const std::string& python) {
    if (const std::string fault = version_fault(python, ask_version(python)); !fault.empty()) {
        fail(fault);
    }
}

}  // namespace typhon::worker
