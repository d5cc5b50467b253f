#include "proto/interpreter_probe.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/deadline.hpp"
#include "proto/unique_fd.hpp"

namespace typhon::proto {

namespace {

constexpr std::chrono::milliseconds kPatience{10'000};
constexpr std::size_t kMostPrinted = 4096;
constexpr const char* kProgram = "import sys; print('%d.%d' % sys.version_info[:2])";

[[noreturn]] void fail(int error, const std::string& python) {
    throw std::system_error(
        error, std::generic_category(), "the interpreter " + python + " cannot be run");
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
        fail(error, python);
    }
    return pid;
}

/// False when there is nothing to read until the deadline.
bool wait_readable(int fd, Deadline deadline) {
    pollfd wait{fd, POLLIN, 0};
    int fired = 0;
    do {
        fired = ::poll(&wait, 1, static_cast<int>(deadline.left_ms()));
    } while (fired < 0 && errno == EINTR);
    return fired > 0;
}

/// What comes out of the pipe until its end or the deadline, as far as it is of interest.
std::string read_all(int pipe, Deadline deadline) {
    std::string text;
    std::array<char, 256> buffer{};
    while (text.size() < kMostPrinted && wait_readable(pipe, deadline)) {
        const ssize_t got = ::read(pipe, buffer.data(), buffer.size());
        if (got <= 0) {
            break;
        }
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text;
}

/// It need not end by itself, whatever it has said.
void end(pid_t pid) {
    ::kill(pid, SIGKILL);
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
}

}  // namespace

std::string ask_version(const std::string& python) {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        fail(errno, python);
    }
    const UniqueFd output(ends[0]);
    UniqueFd input(ends[1]);
    const pid_t pid = spawn(python, input.get());
    input.reset();
    std::string text = read_all(output.get(), Deadline::after(kPatience));
    end(pid);
    return text;
}

}  // namespace typhon::proto
