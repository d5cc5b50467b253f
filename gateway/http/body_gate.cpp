#include "gateway/http/body_gate.hpp"

#include <algorithm>

#include <boost/asio/redirect_error.hpp>

namespace typhon::http {

namespace {

bool is_large(std::size_t bytes) noexcept {
    return bytes > BodyBudget::kSmall;
}

}  // namespace

bool BodyGate::enter(BodyShare& share, std::size_t bytes) noexcept {
    if (is_large(bytes) && !waiters_.empty()) {
        return false;
    }
    return share.grow(bytes);
}

Task<bool> BodyGate::wait(Waiter& waiter, std::chrono::milliseconds patience) {
    waiters_.push_back(waiter);
    budget_.waiter_comes();
    waiter.timer_.expires_after(patience);
    admit();  // memory may have been given back before this one was counted
    error_code ignored;
    if (!waiter.admitted_) {
        co_await waiter.timer_.async_wait(asio::redirect_error(kUseTask, ignored));
    }
    if (!waiter.admitted_) {
        waiter.unlink();
        budget_.waiter_goes();
        admit();  // those behind it may fit
    }
    co_return waiter.admitted_;
}

void BodyGate::admit() {
    bool large_may_pass = true;
    for (auto next = waiters_.begin(); next != waiters_.end();) {
        Waiter& waiter = *next++;
        const bool large = is_large(waiter.bytes_);
        if (large && !large_may_pass) {
            continue;
        }
        if (!waiter.share_.grow(waiter.bytes_)) {
            large_may_pass = false;
            continue;
        }
        waiter.unlink();
        budget_.waiter_goes();
        waiter.admitted_ = true;
        waiter.timer_.cancel();
    }
}

}  // namespace typhon::http
