#include "pyworker/leave_signal.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include <unistd.h>

namespace typhon::worker {

namespace {

std::atomic<bool> asked = false;
std::atomic<int> wake_fd = -1;
std::atomic<pid_t> own_pid = 0;

void set_action(int number, void (*action)(int)) noexcept {
    struct sigaction wanted {};
    wanted.sa_handler = action;
    wanted.sa_flags = SA_RESTART;
    sigemptyset(&wanted.sa_mask);
    sigaction(number, &wanted, nullptr);
}

// The handlers run on whichever thread the kernel chose: only async-signal-safe calls.

/// In a process that a handler has forked the signal does what it does by default.
bool is_for_us(int number) noexcept {
    if (::getpid() == own_pid) {
        return true;
    }
    set_action(number, SIG_DFL);
    ::raise(number);
    return false;
}

void on_leave(int number) {
    const int saved = errno;
    if (is_for_us(number)) {
        set_action(SIGTERM, SIG_DFL);  // the second one
        set_action(SIGINT, SIG_DFL);
        asked = true;
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t written = ::write(wake_fd, &one, sizeof one);
    }
    errno = saved;
}

void on_hang_up(int number) {
    const int saved = errno;
    static_cast<void>(is_for_us(number));
    errno = saved;
}

}  // namespace

void hear_leave_signals(int wake) {
    own_pid = ::getpid();
    wake_fd = wake;
    set_action(SIGTERM, on_leave);
    set_action(SIGINT, on_leave);
    set_action(SIGHUP, on_hang_up);
}

bool asked_to_leave() noexcept {
    return asked.load(std::memory_order_relaxed);
}

}  // namespace typhon::worker
