// Decides when a worker has served enough and a fresh one should take its place, and how soon the
// next one may. Pure: use, time and random numbers are given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "gateway/supervisor/backoff.hpp"

namespace typhon {

/// What a worker may use until it is recycled; 0 is no limit.
struct RecycleLimits {
    std::uint64_t requests = 0;
    std::size_t rss_bytes = 0;  // of the worker and its pool
    Milliseconds age{0};

    [[nodiscard]] bool any() const noexcept {
        return requests != 0 || rss_bytes != 0 || age.count() != 0;
    }
};

/// What a worker has used.
struct WorkerUse {
    std::uint64_t served = 0;
    std::size_t rss_bytes = 0;
    Milliseconds age{0};
};

enum class RecycleReason : std::uint8_t { none, requests, memory, age };

/// Which limit has been reached; memory before the others, because it is the one that hurts.
[[nodiscard]] RecycleReason recycle_reason(const WorkerUse& use,
                                           const RecycleLimits& limits) noexcept;

/// "it has served 1000 requests", "it uses 512 MiB with its pool", "it is 3600 s old".
[[nodiscard]] std::string describe(RecycleReason reason, const WorkerUse& use);

/// The limit of requests of one start: `max` and, by `random` in [0, 1), up to `jitter` more, so
/// that workers that began together do not end together. 0 stays 0.
[[nodiscard]] std::uint64_t requests_limit(std::uint64_t max,
                                           std::uint64_t jitter,
                                           double random) noexcept;

/// How long a slot's next recycling has to wait after the last: not at all, unless the successor
/// did not start or a limit is reached soon after each start, for then workers would start without
/// end. Both wait longer and longer.
class RecyclePolicy {
public:
    /// A worker that reaches a limit in less than this is recycled later and later.
    static constexpr Milliseconds kHealthy{60'000};

    /// A worker that had served for `served_for` was recycled.
    [[nodiscard]] Milliseconds after_success(Milliseconds served_for, double random) noexcept;
    /// Its successor did not start.
    [[nodiscard]] Milliseconds after_failure(double random) noexcept;

private:
    std::uint32_t in_a_row_ = 0;
};

}  // namespace typhon
