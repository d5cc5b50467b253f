// A descriptor that lines are written to, so that a reader who reads no more stops nobody.
//
// Others write to the same pipe or terminal, and a descriptor that was inherited shares its
// O_NONBLOCK with them. So it is opened once more (open(2) of /proc/self/fd, which makes an open
// file description of its own); to a socket, such as the journal's, each write says MSG_DONTWAIT.
// A regular file is written to as it is.
#pragma once

#include <chrono>
#include <string_view>

#include "proto/unique_fd.hpp"

namespace typhon::proto {

class LogStream {
public:
    /// How long a line waits for a reader who falls behind.
    static constexpr std::chrono::milliseconds kPatience{100};

    /// `fd` must stay open as long as this.
    explicit LogStream(int fd) noexcept;

    /// Writes bytes that end with a line break. False when they, or their end, are lost. Waits at
    /// most kPatience, and not at all after a line for which that was too short, until one has been
    /// written again. One thread at a time.
    [[nodiscard]] bool write(std::string_view bytes) noexcept;

private:
    using Clock = std::chrono::steady_clock;

    [[nodiscard]] bool write_all(std::string_view bytes, Clock::time_point end) noexcept;
    [[nodiscard]] bool wait_for_room(Clock::time_point end) const noexcept;

    int fd_;
    UniqueFd own_;
    bool socket_ = false;
    bool behind_ = false;    // the reader was given its time, and did not use it
    bool mid_line_ = false;  // what was written last has no line break
};

}  // namespace typhon::proto
