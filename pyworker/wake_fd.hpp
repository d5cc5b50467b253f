// An eventfd that one thread waits for and others signal.
#pragma once

#include <cerrno>
#include <cstdint>
#include <system_error>

#include <sys/eventfd.h>
#include <unistd.h>

#include "proto/unique_fd.hpp"

namespace typhon::worker {

/// Readable from signal() to clear(). Any thread.
class WakeFd {
public:
    /// Throws std::system_error.
    WakeFd() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        if (fd_.get() < 0) {
            throw std::system_error(errno, std::generic_category(), "eventfd");
        }
    }

    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

    void signal() const noexcept {
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t written = ::write(fd_.get(), &one, sizeof one);
    }
    void clear() const noexcept {
        std::uint64_t count = 0;
        // NOLINTNEXTLINE(clang-analyzer-unix.BlockInCriticalSection): it does not block
        [[maybe_unused]] const ssize_t got = ::read(fd_.get(), &count, sizeof count);
    }

private:
    proto::UniqueFd fd_;
};

}  // namespace typhon::worker
