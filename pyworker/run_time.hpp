// The running mean of a route's handler time on this worker, by which the leader knows whether to
// run it itself.
//
// Any thread; two threads that add at once may lose one of the two samples.
#pragma once

#include <atomic>
#include <cstdint>

namespace typhon::worker {

class RunTime {
public:
    static constexpr std::uint32_t kSlowUs = 1000;

    /// The first sample counts whole, later ones one eighth.
    void add(std::uint32_t run_us) noexcept {
        const std::uint32_t mean = mean_us_.load(std::memory_order_relaxed);
        const std::uint64_t next = known_.load(std::memory_order_relaxed)
                                       ? (std::uint64_t{mean} * 7 + run_us) / 8
                                       : run_us;
        mean_us_.store(static_cast<std::uint32_t>(next), std::memory_order_relaxed);
        known_.store(true, std::memory_order_relaxed);
    }

    /// A handler has already run for `run_us` and goes on: what is known so far is corrected when
    /// it is less. The sample itself follows when the handler ends.
    void at_least(std::uint32_t run_us) noexcept {
        if (!known_.load(std::memory_order_relaxed)) {
            add(run_us);
        }
    }

    /// Worth another thread. A route without samples is taken for quick: the watcher corrects it
    /// within a millisecond.
    [[nodiscard]] bool slow() const noexcept {
        return mean_us_.load(std::memory_order_relaxed) >= kSlowUs;
    }
    [[nodiscard]] std::uint32_t mean_us() const noexcept {
        return mean_us_.load(std::memory_order_relaxed);
    }

private:
    std::atomic<std::uint32_t> mean_us_ = 0;
    std::atomic<bool> known_ = false;
};

}  // namespace typhon::worker
