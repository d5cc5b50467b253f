#include "gateway/http/socket_file.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/supervisor/unique_fd.hpp"

namespace typhon::http {

namespace {

constexpr int kLockTries = 50;
constexpr std::chrono::milliseconds kLockPause{20};

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
    return address;
}

const sockaddr* generic(const sockaddr_un& address) noexcept {
    return reinterpret_cast<const sockaddr*>(&address);
}

/// Nobody else replaces a socket in this directory meanwhile, and no lock file is left: it is the
/// directory that is locked. 0 or the errno.
int lock_directory(const std::string& path, UniqueFd& lock) {
    const std::string parent = std::filesystem::path(path).parent_path().string();
    lock =
        UniqueFd(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock.valid()) {
        return errno;
    }
    for (int attempt = 0; ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0; ++attempt) {
        if (errno != EWOULDBLOCK || attempt == kLockTries) {
            return errno;
        }
        std::this_thread::sleep_for(kLockPause);
    }
    return 0;
}

/// True when nobody listens at the socket any more.
bool is_stale(const sockaddr_un& address) {
    const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    return ::connect(probe.get(), generic(address), sizeof address) != 0 && errno == ECONNREFUSED;
}

/// Removes the socket of a dead server, if there is one. 0 or the errno.
int clear_place(const sockaddr_un& address) {
    struct stat info {};
    if (::lstat(address.sun_path, &info) != 0) {
        return errno == ENOENT ? 0 : errno;
    }
    if (!S_ISSOCK(info.st_mode) || !is_stale(address)) {
        return EADDRINUSE;
    }
    return ::unlink(address.sun_path) == 0 ? 0 : errno;
}

}  // namespace

int SocketFile::bind(int fd, const std::string& path, mode_t mode, int backlog) {
    if (path.size() >= sizeof(sockaddr_un::sun_path)) {
        return ENAMETOOLONG;
    }
    const sockaddr_un address = address_of(path);
    UniqueFd lock;
    int fault = lock_directory(path, lock);
    if (fault == 0) {
        fault = clear_place(address);
    }
    if (fault != 0) {
        return fault;
    }
    // Before the bind it narrows what the file is made with, so that it is never wider than asked.
    if (::fchmod(fd, mode) != 0 || ::bind(fd, generic(address), sizeof address) != 0) {
        return errno;
    }
    path_ = path;
    identity_ = identity_of(path);
    return ::chmod(path.c_str(), mode) == 0 && ::listen(fd, backlog) == 0 ? 0 : errno;
}

SocketFile::Identity SocketFile::identity_of(const std::string& path) noexcept {
    struct statx info {};
    if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME, &info) != 0) {
        return {};
    }
    const std::uint64_t device = (std::uint64_t{info.stx_dev_major} << 32U) | info.stx_dev_minor;
    return {device, info.stx_ino, info.stx_btime.tv_sec, info.stx_btime.tv_nsec};
}

void SocketFile::remove() noexcept {
    if (!path_.empty() && identity_of(path_) == identity_) {
        ::unlink(path_.c_str());
    }
    path_.clear();
}

}  // namespace typhon::http
