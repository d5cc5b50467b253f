#include "gateway/supervisor/failure_watch.hpp"

#include <algorithm>

#include "gateway/supervisor/app_fingerprint.hpp"

namespace typhon {

namespace {

constexpr BackoffPolicy kRetry{Milliseconds{1'000}, Milliseconds{30'000}, 0.2};
constexpr Milliseconds kScanInterval{1'000};

}  // namespace

void FailureWatch::note_start() {
    fingerprint_ = app_fingerprint(app_);
}

void FailureWatch::arm(double random) {
    if (armed()) {
        return;
    }
    retry_at_ = proto::Deadline::after(backoff_delay(kRetry, failures_++, random));
    look_again_later();
}

void FailureWatch::clear() noexcept {
    failures_ = 0;
    retry_at_ = {};
    scan_at_ = {};
}

void FailureWatch::look_for_edits() noexcept {
    if (scan_at_.never()) {
        look_again_later();
    }
}

FailureWatch::Reason FailureWatch::try_now() {
    if (!due().passed()) {
        return Reason::none;
    }
    const bool edited = app_fingerprint(app_) != fingerprint_;
    if (!edited && !retry_at_.passed()) {
        look_again_later();
        return Reason::none;
    }
    failures_ = edited ? 0 : failures_;
    retry_at_ = {};
    scan_at_ = {};
    return edited ? Reason::edit : Reason::time;
}

std::uint32_t FailureWatch::retry_after_s() const noexcept {
    return armed() ? std::max((retry_at_.left_ms() + 999) / 1000, 1U) : 1U;
}

void FailureWatch::look_again_later() noexcept {
    scan_at_ = proto::Deadline::after(kScanInterval);
}

}  // namespace typhon
