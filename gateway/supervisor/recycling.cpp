#include "gateway/supervisor/recycling.hpp"

#include <algorithm>

namespace typhon {

namespace {

constexpr BackoffPolicy kWait{Milliseconds{1'000}, Milliseconds{30'000}, 0.2};

template <class Figure>
bool reached(Figure used, Figure limit) noexcept {
    return limit != Figure{} && used >= limit;
}

}  // namespace

RecycleReason recycle_reason(const WorkerUse& use, const RecycleLimits& limits) noexcept {
    if (reached(use.rss_bytes, limits.rss_bytes)) {
        return RecycleReason::memory;
    }
    if (reached(use.served, limits.requests)) {
        return RecycleReason::requests;
    }
    return reached(use.age, limits.age) ? RecycleReason::age : RecycleReason::none;
}

std::string describe(RecycleReason reason, const WorkerUse& use) {
    constexpr std::size_t kMebi = std::size_t{1} << 20U;
    switch (reason) {
        case RecycleReason::requests:
            return "it has served " + std::to_string(use.served) + " requests";
        case RecycleReason::memory:
            return "it uses " + std::to_string(use.rss_bytes / kMebi) + " MiB with its pool";
        case RecycleReason::age:
            return "it is " + std::to_string(use.age.count() / 1000) + " s old";
        case RecycleReason::none:
            break;
    }
    return "no limit is reached";
}

std::uint64_t requests_limit(std::uint64_t max, std::uint64_t jitter, double random) noexcept {
    if (max == 0) {
        return 0;
    }
    const double more = std::clamp(random, 0.0, 1.0) * static_cast<double>(jitter);
    return max + static_cast<std::uint64_t>(more);
}

Milliseconds RecyclePolicy::after_success(Milliseconds served_for, double random) noexcept {
    if (served_for >= kHealthy) {
        in_a_row_ = 0;
        return Milliseconds{0};
    }
    return backoff_delay(kWait, in_a_row_++, random);
}

Milliseconds RecyclePolicy::after_failure(double random) noexcept {
    return backoff_delay(kWait, in_a_row_++, random);
}

}  // namespace typhon
