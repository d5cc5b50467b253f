// The file of a unix socket: made at the bind, removed with its owner.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <sys/types.h>

namespace typhon::http {

class SocketFile {
public:
    SocketFile() = default;
    ~SocketFile() { remove(); }
    SocketFile(SocketFile&& other) noexcept
        : path_(std::exchange(other.path_, {})), identity_(other.identity_) {}
    SocketFile& operator=(SocketFile&& other) noexcept {
        std::swap(path_, other.path_);
        std::swap(identity_, other.identity_);
        return *this;
    }
    SocketFile(const SocketFile&) = delete;
    SocketFile& operator=(const SocketFile&) = delete;

    /// Binds `fd`, an unbound unix socket, to `path`, gives the file `mode` whatever the umask, and
    /// listens. A file whose server is dead is replaced. 0, or the errno: EADDRINUSE when another
    /// process listens there or the file is no socket.
    [[nodiscard]] int bind(int fd, const std::string& path, mode_t mode, int backlog);

    /// Removes the file, unless another has taken its place. Idempotent.
    void remove() noexcept;

private:
    /// What no other file has: numbers of inodes are used again, so the time of birth is part of
    /// it.
    struct Identity {
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
        std::int64_t second = 0;
        std::uint32_t nanosecond = 0;
        friend bool operator==(const Identity&, const Identity&) = default;
    };
    /// All 0 when there is no file.
    [[nodiscard]] static Identity identity_of(const std::string& path) noexcept;

    std::string path_;  // empty: there is none
    Identity identity_;
};

}  // namespace typhon::http
