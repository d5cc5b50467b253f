// How long to wait before the next start: doubling, with a cap and jitter.
//
// Pure: no clock, and the random number is given. An object belongs to one thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace typhon {

using Milliseconds = std::chrono::milliseconds;

struct BackoffPolicy {
    Milliseconds first{100};
    Milliseconds cap{10'000};
    double jitter = 0.2;  // up to this part is taken off, so that starts do not fall together
};

/// The wait before try number `attempt` (0 is the first): first * 2^attempt, at most cap, less up
/// to jitter of it by `random` in [0, 1). Never below 0, never above cap.
[[nodiscard]] Milliseconds backoff_delay(const BackoffPolicy& policy,
                                         std::uint32_t attempt,
                                         double random) noexcept;

/// The waits of one worker that dies again and again. A first death, and one after a life longer
/// than `healthy`, is answered at once; quick deaths in a row wait longer and longer.
class RestartPolicy {
public:
    explicit RestartPolicy(BackoffPolicy policy = {}, Milliseconds healthy = Milliseconds{10'000})
        : policy_(policy), healthy_(healthy) {}

    /// A process that served for `served_for` is dead: the wait before the next start.
    [[nodiscard]] Milliseconds on_death(Milliseconds served_for, double random) noexcept;

    [[nodiscard]] std::uint32_t quick_deaths() const noexcept { return quick_deaths_; }

private:
    BackoffPolicy policy_;
    Milliseconds healthy_;
    std::uint32_t quick_deaths_ = 0;  // in a row
};

}  // namespace typhon
