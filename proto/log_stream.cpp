#include "proto/log_stream.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace typhon::proto {

namespace {

/// -1 where there is no /proc, nobody reads, or the pipe belongs to another user.
int open_again(int fd) noexcept {
    std::array<char, 32> path{};
    std::snprintf(path.data(), path.size(), "/proc/self/fd/%d", fd);
    return ::open(path.data(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

}  // namespace

LogStream::LogStream(int fd) noexcept : fd_(fd) {
    struct stat facts {};
    if (::fstat(fd, &facts) != 0) {
        return;
    }
    socket_ = S_ISSOCK(facts.st_mode);
    if (S_ISFIFO(facts.st_mode) || S_ISCHR(facts.st_mode)) {
        own_ = UniqueFd(open_again(fd));
        fd_ = own_.valid() ? own_.get() : fd;
    }
}

bool LogStream::write(std::string_view bytes) noexcept {
    const Clock::time_point end = Clock::now() + kPatience;
    return (!mid_line_ || write_all("\n", end)) && write_all(bytes, end);
}

bool LogStream::write_all(std::string_view bytes, Clock::time_point end) noexcept {
    while (!bytes.empty()) {
        const ssize_t size =
            socket_ ? ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                    : ::write(fd_, bytes.data(), bytes.size());
        if (size > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(size));
            mid_line_ = !bytes.empty();
            behind_ = behind_ && mid_line_;
        } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
            return false;
        } else if (errno == EAGAIN && (behind_ || !wait_for_room(end))) {
            behind_ = true;
            return false;
        }
    }
    return true;
}

bool LogStream::wait_for_room(Clock::time_point end) const noexcept {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd room{.fd = fd_, .events = POLLOUT, .revents = 0};
    const int found = left > 0 ? ::poll(&room, 1, static_cast<int>(left)) : 0;
    return found > 0 || (found < 0 && errno == EINTR);
}

}  // namespace typhon::proto
