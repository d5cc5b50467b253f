#include "pyworker/lifeline.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace typhon::worker {

namespace {

using proto::SteadyClock;

constexpr int kExitOrphaned = 1;
constexpr auto kNever = SteadyClock::duration::max().count();

/// SIGKILL for the group when it is ours (pool processes are in it), else only this process.
[[noreturn]] void end_group() {
    if (::getpgrp() == ::getpid()) {
        ::kill(-::getpgrp(), SIGKILL);
    }
    ::_exit(kExitOrphaned);
}

/// True when nobody holds the other end any more.
bool at_end(int pipe) {
    std::array<char, 64> ignored{};
    ssize_t got = 0;
    do {
        got = ::read(pipe, ignored.data(), ignored.size());
    } while (got > 0 || (got < 0 && errno == EINTR));
    return got == 0;
}

void block_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

Lifeline::Lifeline(int fd) : pipe_(fd), end_at_(kNever) {
    if (fd >= 0) {
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
        ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    }
    thread_ = std::thread([this] { watch(); });
}

Lifeline::~Lifeline() {
    over_ = true;
    wake_.signal();
    thread_.join();
}

void Lifeline::end_at(proto::Deadline deadline) {
    end_at_ = deadline.at().time_since_epoch().count();
    wake_.signal();
}

void Lifeline::watch() {
    block_signals();
    std::array<pollfd, 2> waits{{{wake_.fd(), POLLIN, 0}, {pipe_.get(), POLLIN, 0}}};
    while (!over_) {
        const int fired = ::poll(waits.data(), waits.size(), patience());
        if (fired > 0 && waits[0].revents != 0) {
            wake_.clear();
        }
        if (fired > 0 && waits[1].revents != 0 && at_end(pipe_.get())) {
            end_group();
        }
        if (SteadyClock::now().time_since_epoch().count() >= end_at_) {
            end_group();
        }
    }
}

int Lifeline::patience() const {
    const auto at = end_at_.load();
    if (at == kNever) {
        return -1;
    }
    const SteadyClock::duration left(at - SteadyClock::now().time_since_epoch().count());
    const auto left_ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    return static_cast<int>(std::clamp<std::int64_t>(left_ms, 0, INT_MAX));
}

}  // namespace typhon::worker
