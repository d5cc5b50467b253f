// The file that the lines of a log go to: one of the process's own streams, or a file that is
// opened again when it has been renamed. One thread.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "gateway/supervisor/unique_fd.hpp"

namespace typhon::access {

/// The file cannot be opened; the sentence names it and the reason.
class OpenError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

class LogFile {
public:
    /// `path`: empty for standard error, "-" for standard output, else a file, which is made (mode
    /// 0640, less the umask) or appended to. Throws OpenError.
    explicit LogFile(std::string path);

    /// Writes whole lines, in pieces that other writers of a pipe cannot break up. Blocks as long
    /// as the file does. Returns what could not be written; why() then says the reason.
    [[nodiscard]] std::string_view write(std::string_view lines);

    /// Opens the path again. What is open stays in use when that fails: the result is the reason,
    /// empty when all went well or the file is a stream.
    [[nodiscard]] std::string reopen();

    /// Why the last write() did not write everything.
    [[nodiscard]] const std::string& why() const noexcept { return why_; }

private:
    [[nodiscard]] int fd() const noexcept;
    [[nodiscard]] bool is_stream() const noexcept { return path_.empty() || path_ == "-"; }
    [[nodiscard]] std::size_t write_some(std::string_view bytes);
    void look();

    std::string path_;
    UniqueFd own_;
    bool whole_ = false;     // any number of bytes in one go
    bool mid_line_ = false;  // what was written last ends within a line
    std::string why_;
};

}  // namespace typhon::access
