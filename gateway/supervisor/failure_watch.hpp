// When to try again after the application did not start: after a back-off of 1 s doubling to 30 s,
// or as soon as one of its files changed. Workers that die again and again wait by themselves, and
// are tried again at once after an edit, too. Supervisor thread only.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "gateway/supervisor/backoff.hpp"
#include "proto/deadline.hpp"

namespace typhon {

class FailureWatch {
public:
    enum class Reason : std::uint8_t { none, time, edit };

    explicit FailureWatch(std::string app) : app_(std::move(app)) {}

    /// A start is about to read the files: an edit after this moment is news.
    void note_start();

    /// A start failed. Schedules the next try, unless one is scheduled.
    void arm(double random);

    /// From now on edits are looked for, until clear() or one is found.
    void look_for_edits() noexcept;

    /// The application starts again.
    void clear() noexcept;

    [[nodiscard]] bool armed() const noexcept { return !retry_at_.never(); }

    /// When try_now() wants to be asked; never while nothing is waited for.
    [[nodiscard]] proto::Deadline due() const noexcept { return std::min(retry_at_, scan_at_); }

    /// Why to try now: the time has come, or a file changed; nothing is scheduled any more then.
    /// Reads the application directory once a second.
    [[nodiscard]] Reason try_now();

    /// Seconds until the next try, at least 1.
    [[nodiscard]] std::uint32_t retry_after_s() const noexcept;

private:
    void look_again_later() noexcept;

    std::string app_;
    std::uint64_t fingerprint_ = 0;
    std::uint32_t failures_ = 0;  // in a row
    proto::Deadline retry_at_;
    proto::Deadline scan_at_;
};

}  // namespace typhon
