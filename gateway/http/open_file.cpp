#include "gateway/http/open_file.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <linux/openat2.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proto/printable.hpp"

namespace typhon::http {

namespace {

constexpr int kTries = 8;  // while something on the path is being renamed (EAGAIN)

/// -1 with errno, as open(2). O_NONBLOCK: the open of a FIFO must not wait for its other end.
int open_at(int root, const char* path) {
    open_how how{};
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    long fd = -1;
    for (int tries = 0; fd < 0 && tries < kTries; ++tries) {
        fd = ::syscall(SYS_openat2, root, path, &how, sizeof how);
        if (fd < 0 && errno != EAGAIN && errno != EINTR) {
            break;
        }
    }
    return static_cast<int>(fd);
}

OpenOutcome outcome_of(int fault, const std::string& root, const std::string& path) {
    switch (fault) {
        case ENOENT:
        case ENOTDIR:
        case ENAMETOOLONG:
        case ELOOP:
        case EXDEV:   // leads out
        case EAGAIN:  // renamed all the time
        case ENXIO:   // a socket
            return OpenOutcome::missing;
        case EACCES:
        case EPERM:
            return OpenOutcome::forbidden;
        case EMFILE:
        case ENFILE:
        case ENOMEM:
            return OpenOutcome::busy;
        default:
            spdlog::error("{} in {} cannot be opened: {}",
                          proto::printable(path),
                          root,
                          std::generic_category().message(fault));
            return OpenOutcome::failed;
    }
}

}  // namespace

OpenOutcome open_beneath(const std::string& root, const std::string& path, OpenFile& file) {
    // Opened each time: a build tool may have put another directory in its place.
    const UniqueFd directory(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    UniqueFd fd(directory.valid() ? open_at(directory.get(), path.c_str()) : -1);
    struct stat facts {};
    if (!fd.valid() || ::fstat(fd.get(), &facts) != 0) {
        return outcome_of(errno, root, path);
    }
    if (S_ISDIR(facts.st_mode)) {
        return OpenOutcome::directory;
    }
    if (!S_ISREG(facts.st_mode)) {
        return OpenOutcome::missing;
    }
    file.fd = std::move(fd);
    file.size = static_cast<std::uint64_t>(facts.st_size);
    file.modified_ns = std::int64_t{facts.st_mtim.tv_sec} * 1'000'000'000 + facts.st_mtim.tv_nsec;
    return OpenOutcome::opened;
}

bool append_range(int fd, const ByteRange& range, std::string& out) {
    ByteRange left = range;
    while (left.size > 0) {
        const std::size_t have = out.size();
        out.resize(have + static_cast<std::size_t>(left.size));
        const ssize_t got =
            ::pread(fd, out.data() + have, out.size() - have, static_cast<off_t>(left.first));
        out.resize(have + (got > 0 ? static_cast<std::size_t>(got) : 0));
        if (got <= 0) {
            return false;
        }
        left.first += static_cast<std::uint64_t>(got);
        left.size -= static_cast<std::uint64_t>(got);
    }
    return true;
}

}  // namespace typhon::http
