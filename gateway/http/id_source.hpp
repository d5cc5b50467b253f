// Request ids of one gateway: 24 random bits of this start, then a counter, so that ids of two
// starts do not meet in logs. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <random>

namespace typhon::http {

class IdSource {
public:
    IdSource() : next_((std::uint64_t{std::random_device{}() & 0xffffffU} << 40) + 1) {}

    /// Never 0, and later ids are larger.
    [[nodiscard]] std::uint64_t next() noexcept {
        return next_.fetch_add(1, std::memory_order_relaxed);
    }

private:
    std::atomic<std::uint64_t> next_;
};

}  // namespace typhon::http
