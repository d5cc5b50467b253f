// The memory that the request bodies of all connections may hold together.
//
// It counts and decides, and never waits: where connections wait for room is body_gate.hpp. Pure;
// any thread, without a lock.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>

namespace typhon::http {

class BodyBudget {
public:
    /// Bodies up to this size are small: an eighth of the budget is theirs alone, so that they do
    /// not starve behind large ones.
    static constexpr std::size_t kSmall = 64U << 10;

    /// `largest` is the longest body that must fit, at most `limit`.
    BodyBudget(std::size_t limit, std::size_t largest) noexcept
        : limit_(limit), large_limit_(std::max(limit - limit / 8, std::min(largest, limit))) {}

    /// Called after memory was given back while somebody waits for it, on the thread that gave it;
    /// must only post. Set before the first use.
    std::function<void()> on_room;

    [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
    [[nodiscard]] std::size_t used() const noexcept { return used_; }

    /// Counts those who wait, so that on_room is called for them alone.
    void waiter_comes() noexcept { ++waiters_; }
    void waiter_goes() noexcept { --waiters_; }

private:
    friend class BodyShare;

    /// `large` of the `bytes` belong to a large body. False, and nothing is taken, without room.
    [[nodiscard]] bool take(std::size_t bytes, std::size_t large) noexcept;
    void give_back(std::size_t bytes, std::size_t large);

    const std::size_t limit_;
    const std::size_t large_limit_;
    std::atomic<std::size_t> used_ = 0;
    std::atomic<std::size_t> large_ = 0;
    std::atomic<std::size_t> waiters_ = 0;
};

/// What one body holds of the budget; given back at its end. One thread at a time.
class BodyShare {
public:
    explicit BodyShare(BodyBudget& budget) noexcept : budget_(budget) {}
    ~BodyShare() { reset(); }
    BodyShare(const BodyShare&) = delete;
    BodyShare& operator=(const BodyShare&) = delete;
    BodyShare(BodyShare&&) = delete;
    BodyShare& operator=(BodyShare&&) = delete;

    /// Makes it `bytes` in all; it never shrinks. False, and nothing changes, without room.
    [[nodiscard]] bool grow(std::size_t bytes) noexcept;
    void reset();

    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
    [[nodiscard]] static std::size_t large_part(std::size_t bytes) noexcept {
        return bytes > BodyBudget::kSmall ? bytes : 0;
    }

    BodyBudget& budget_;
    std::size_t bytes_ = 0;
};

}  // namespace typhon::http
