// The access log of a gateway: takes lines from the loops and has a thread write them, so that no
// request waits for a disk or a pipe.
//
// What waits has a bound: lines that find no room are lost, and counted. The thread is woken for
// the first line, then gathers more for a tenth of a second. A file that blocks for ever stops
// nothing: the thread is left behind.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "gateway/access/access_line.hpp"

namespace typhon::access {

struct Options {
    Form form = Form::off;
    std::string file;  // see LogFile
};

struct Figures {
    std::uint64_t written = 0;  // lines
    std::uint64_t lost = 0;
};

class AccessLog {
public:
    /// Opens the file and starts the thread. Throws OpenError.
    explicit AccessLog(const Options& options);
    ~AccessLog() { finish(); }
    AccessLog(const AccessLog&) = delete;
    AccessLog& operator=(const AccessLog&) = delete;
    AccessLog(AccessLog&&) = delete;
    AccessLog& operator=(AccessLog&&) = delete;

    [[nodiscard]] Form form() const noexcept { return form_; }

    /// Takes one line, with its line break. Any thread; does not wait.
    void append(std::string_view line) noexcept;

    /// Has the file opened again, after what has been taken is written. Any thread; does not wait.
    void reopen() noexcept;

    /// Writes what waits and ends the thread; waits for that, at most a second. Lines that come
    /// later are lost. One thread.
    void finish() noexcept;

    /// Any thread.
    [[nodiscard]] Figures figures() const noexcept;

private:
    struct Shared;

    Form form_;
    std::shared_ptr<Shared> shared_;
    std::thread thread_;
};

}  // namespace typhon::access
