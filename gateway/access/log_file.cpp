#include "gateway/access/log_file.hpp"

#include <cerrno>
#include <climits>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace typhon::access {

namespace {

constexpr mode_t kMode = 0640;
constexpr int kPatienceMs = 1000;  // for a stream that somebody has made non-blocking

UniqueFd open_file(const std::string& path) {
    return UniqueFd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kMode));
}

std::string reason() {
    return std::generic_category().message(errno);
}

/// Bytes of the whole lines at the start that go in one piece: at least one line.
std::size_t piece_of(std::string_view lines) {
    const std::size_t last = lines.substr(0, PIPE_BUF).rfind('\n');
    const std::size_t end = last != std::string_view::npos ? last : lines.find('\n');
    return end == std::string_view::npos ? lines.size() : end + 1;
}

}  // namespace

LogFile::LogFile(std::string path) : path_(std::move(path)) {
    if (!is_stream()) {
        own_ = open_file(path_);
        if (!own_.valid()) {
            throw OpenError("the access log " + path_ + " cannot be opened: " + reason());
        }
    }
    look();
}

int LogFile::fd() const noexcept {
    return path_.empty() ? STDERR_FILENO : path_ == "-" ? STDOUT_FILENO : own_.get();
}

/// A regular file that is appended to takes a write of any size as one; a pipe, up to PIPE_BUF.
void LogFile::look() {
    struct stat facts {};
    const int file = fd();
    whole_ = file >= 0 && ::fstat(file, &facts) == 0 && S_ISREG(facts.st_mode);
}

std::string_view LogFile::write(std::string_view lines) {
    if (mid_line_ && write_some("\n") == 0) {
        return lines;
    }
    mid_line_ = false;
    while (!lines.empty()) {
        const std::size_t size = whole_ ? lines.size() : piece_of(lines);
        const std::size_t written = write_some(lines.substr(0, size));
        mid_line_ = written != 0 && lines[written - 1] != '\n';
        lines.remove_prefix(written);
        if (written < size) {
            break;
        }
    }
    return lines;
}

/// Bytes that were written; fewer than all when an error ended it.
std::size_t LogFile::write_some(std::string_view bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t written = ::write(fd(), bytes.data() + done, bytes.size() - done);
        if (written >= 0) {
            done += static_cast<std::size_t>(written);
        } else if (errno == EAGAIN) {
            pollfd look{fd(), POLLOUT, 0};
            if (::poll(&look, 1, kPatienceMs) != 1) {
                why_ = "its reader does not read";
                break;
            }
        } else if (errno != EINTR) {
            why_ = reason();
            break;
        }
    }
    return done;
}

std::string LogFile::reopen() {
    if (is_stream()) {
        return {};
    }
    UniqueFd opened = open_file(path_);
    if (!opened.valid()) {
        return "the access log " + path_ + " cannot be opened again: " + reason();
    }
    own_ = std::move(opened);
    mid_line_ = false;
    look();
    return {};
}

}  // namespace typhon::access
