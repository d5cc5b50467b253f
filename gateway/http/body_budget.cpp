#include "gateway/http/body_budget.hpp"

#include <utility>

namespace typhon::http {

namespace {

bool add_within(std::atomic<std::size_t>& sum, std::size_t bytes, std::size_t limit) noexcept {
    std::size_t before = sum.load(std::memory_order_relaxed);
    do {
        if (bytes > limit || before > limit - bytes) {
            return false;
        }
    } while (!sum.compare_exchange_weak(before, before + bytes, std::memory_order_relaxed));
    return true;
}

}  // namespace

bool BodyBudget::take(std::size_t bytes, std::size_t large) noexcept {
    if (!add_within(large_, large, large_limit_)) {
        return false;
    }
    if (!add_within(used_, bytes, limit_)) {
        large_ -= large;
        return false;
    }
    return true;
}

void BodyBudget::give_back(std::size_t bytes, std::size_t large) {
    large_ -= large;
    used_ -= bytes;
    if (waiters_ != 0 && on_room) {
        on_room();
    }
}

bool BodyShare::grow(std::size_t bytes) noexcept {
    if (bytes <= bytes_) {
        return true;
    }
    if (!budget_.take(bytes - bytes_, large_part(bytes) - large_part(bytes_))) {
        return false;
    }
    bytes_ = bytes;
    return true;
}

void BodyShare::reset() {
    if (const std::size_t bytes = std::exchange(bytes_, 0)) {
        budget_.give_back(bytes, large_part(bytes));
    }
}

}  // namespace typhon::http
