// Signals at the thread that makes one, ten thousand a second for as long as it lives: a timer of
// the kernel's sends them, so they come while the thread runs, in the middle of its system calls.
#pragma once

#include <atomic>
#include <csignal>
#include <cstdint>
#include <ctime>

#include <unistd.h>

namespace typhon::test {

class SignalStorm {
public:
    SignalStorm() {
        count = 0;
        struct sigaction action {};  // without SA_RESTART; it stays, for a last one may come late
        action.sa_handler = [](int /*number*/) { ++count; };
        ::sigaction(SIGUSR1, &action, nullptr);
        sigevent event{};
        event.sigev_notify = SIGEV_THREAD_ID;
        event.sigev_signo = SIGUSR1;
        event._sigev_un._tid = ::gettid();  // glibc 2.36 has no other name for it
        ::timer_create(CLOCK_MONOTONIC, &event, &timer_);
        constexpr timespec kEvery{0, 100'000};
        const itimerspec times{kEvery, kEvery};
        ::timer_settime(timer_, 0, &times, nullptr);
    }
    ~SignalStorm() { ::timer_delete(timer_); }
    SignalStorm(const SignalStorm&) = delete;
    SignalStorm& operator=(const SignalStorm&) = delete;
    SignalStorm(SignalStorm&&) = delete;
    SignalStorm& operator=(SignalStorm&&) = delete;

    /// So many have come.
    [[nodiscard]] static std::uint32_t handled() noexcept { return count; }

private:
    static inline std::atomic<std::uint32_t> count = 0;
    timer_t timer_{};
};

}  // namespace typhon::test
