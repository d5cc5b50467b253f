// The running mean of a route's handler time: the gateway gives credit by it, and a worker decides
// by it which thread runs a handler.
//
// Any thread; two threads that add at once may lose one of the two samples.
#pragma once

#include <atomic>
#include <cstdint>

namespace typhon::proto {

/// A route without samples is neither quick nor slow: each user says what that means to it.
class RunTime {
public:
    static constexpr std::uint32_t kSlowUs = 1000;

    RunTime() = default;
    explicit RunTime(std::uint32_t first_us) noexcept : mean_us_(first_us), known_(true) {}

    /// Takes one measured time in. The first sample counts whole, later ones one eighth.
    void add(std::uint32_t run_us) noexcept {
        const std::uint64_t next = known() ? (std::uint64_t{mean_us()} * 7 + run_us) / 8 : run_us;
        mean_us_.store(static_cast<std::uint32_t>(next), std::memory_order_relaxed);
        known_.store(true, std::memory_order_relaxed);
    }

    /// A handler has already run for `run_us` and goes on: a first word on a route without samples.
    /// The sample itself follows when the handler ends.
    void at_least(std::uint32_t run_us) noexcept {
        if (!known()) {
            add(run_us);
        }
    }

    [[nodiscard]] bool quick() const noexcept { return known() && mean_us() < kSlowUs; }
    [[nodiscard]] bool slow() const noexcept { return mean_us() >= kSlowUs; }
    [[nodiscard]] std::uint32_t mean_us() const noexcept {
        return mean_us_.load(std::memory_order_relaxed);
    }

private:
    [[nodiscard]] bool known() const noexcept { return known_.load(std::memory_order_relaxed); }

    std::atomic<std::uint32_t> mean_us_ = 0;
    std::atomic<bool> known_ = false;
};

}  // namespace typhon::proto
