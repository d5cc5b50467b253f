#include "gateway/relay/dispatch_policy.hpp"

#include <algorithm>
#include <utility>

namespace typhon::relay {

namespace {

/// Work that may lie ready in a worker: more would only make a request wait that another worker
/// could start.
constexpr std::uint32_t kBufferedUs = 4000;

std::uint32_t quick_credit(std::uint32_t threads,
                           std::uint32_t mean_us,
                           std::uint32_t wide) noexcept {
    const std::uint32_t by_time = kBufferedUs / std::max(mean_us, 1U);
    return std::clamp(by_time, std::min(threads, wide), wide);
}

}  // namespace

CreditClass credit_class(proto::RouteMode mode, const proto::RunTime& run_time) noexcept {
    if (mode == proto::RouteMode::async) {
        return CreditClass::async;
    }
    return run_time.quick() ? CreditClass::quick : CreditClass::slow;
}

bool has_credit(CreditClass wanted,
                const WorkerLoad& load,
                std::uint32_t mean_us,
                std::uint32_t wide) noexcept {
    switch (wanted) {
        case CreditClass::async:
            return load.async < load.async_capacity;
        case CreditClass::slow:
            return load.slow < load.threads;
        case CreditClass::quick:
            // With every thread in a slow handler a quick one would wait behind it.
            return load.slow < load.threads &&
                   load.quick < quick_credit(load.threads, mean_us, wide);
    }
    return false;
}

bool batch_may_grow(std::uint32_t dispatched,
                    std::uint32_t running,
                    std::chrono::nanoseconds age) noexcept {
    return dispatched != 0 && running >= kManyRunning && age < kMaxHold;
}

bool less_loaded(CreditClass wanted, const WorkerLoad& a, const WorkerLoad& b) noexcept {
    if (wanted == CreditClass::async) {
        return a.async < b.async;
    }
    const std::pair left{a.slow, a.quick};
    const std::pair right{b.slow, b.quick};
    return left < right;
}

}  // namespace typhon::relay
