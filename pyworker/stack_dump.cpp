#include "pyworker/stack_dump.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <utility>

#include <poll.h>
#include <pthread.h>
#include <pybind11/pybind11.h>
#include <spdlog/spdlog.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pyworker/start_failure.hpp"

namespace py = pybind11;

namespace typhon::worker {

namespace {

/// Has faulthandler write the stacks. Only ever sent by the dump's thread to itself, so that no
/// other thread is interrupted.
int write_signal() {
    return SIGRTMAX - 2;
}

std::atomic<int> asked_fd = -1;  // of the one object; for the handler

/// Runs on whichever thread the kernel chose, usually the main one.
void on_asked(int /*signal*/) {
    const int saved = errno;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(asked_fd.load(), &one, sizeof one);
    errno = saved;
}

void handle_asked() {
    struct sigaction action {};
    action.sa_handler = on_asked;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGQUIT, &action, nullptr);
}

/// All but the signal that writes.
void block_signals() {
    sigset_t blocked;
    sigfillset(&blocked);
    sigdelset(&blocked, write_signal());
    pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
}

std::string contents(int fd) {
    std::string text;
    std::array<char, 4096> part{};
    ssize_t got = 0;
    while ((got = ::pread(fd, part.data(), part.size(), static_cast<off_t>(text.size()))) > 0) {
        text.append(part.data(), static_cast<std::size_t>(got));
    }
    return text;
}

}  // namespace

StackDump::StackDump()
    : stacks_(::memfd_create("stacks", MFD_CLOEXEC)), main_thread_(pthread_self()) {
    if (stacks_.get() < 0) {
        throw std::system_error(errno, std::generic_category(), "memfd_create");
    }
    asked_fd = wake_.fd();
    handle_asked();
    thread_ = std::thread([this] { watch(); });
}

StackDump::~StackDump() {
    over_ = true;
    wake_.signal();
    thread_.join();
    asked_fd = -1;
}

void StackDump::arm() {
    try {
        py::module_::import("faulthandler")
            .attr("register")(write_signal(),
                              py::arg("file") = stacks_.get(),
                              py::arg("all_threads") = true,
                              py::arg("chain") = false);
    } catch (py::error_already_set& error) {
        throw StartFailure("interpreter", std::string("faulthandler: ") + error.what());
    }
    armed_ = true;
}

void StackDump::set_notes(Notes notes) {
    const std::lock_guard lock(mutex_);
    notes_ = std::move(notes);
}

void StackDump::watch() {
    block_signals();
    pollfd wait{wake_.fd(), POLLIN, 0};
    while (!over_) {
        if (::poll(&wait, 1, -1) > 0) {
            wake_.clear();
            if (!over_) {
                write();
            }
        }
    }
}

void StackDump::write() {
    if (!armed_) {
        spdlog::error("asked for the stacks of its threads (SIGQUIT), but Python has not started");
        return;
    }
    if (::ftruncate(stacks_.get(), 0) != 0 || ::lseek(stacks_.get(), 0, SEEK_SET) != 0) {
        return;
    }
    const std::vector<ThreadNote> what_runs = notes();
    pthread_kill(pthread_self(), write_signal());  // handled before it returns
    spdlog::error("stacks of all threads, most recent call first (SIGQUIT)\n{}",
                  annotate(contents(stacks_.get()), what_runs));
}

std::vector<ThreadNote> StackDump::notes() {
    const std::lock_guard lock(mutex_);
    std::vector<ThreadNote> all = notes_ ? notes_() : std::vector<ThreadNote>();
    all.push_back({main_thread_, "main thread"});
    return all;
}

}  // namespace typhon::worker
