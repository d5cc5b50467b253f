#include "gateway/supervisor/backoff.hpp"

#include <algorithm>

namespace typhon {

Milliseconds backoff_delay(const BackoffPolicy& policy,
                           std::uint32_t attempt,
                           double random) noexcept {
    Milliseconds delay = std::min(policy.first, policy.cap);
    for (std::uint32_t doubled = 0; doubled < attempt && delay < policy.cap; ++doubled) {
        delay = std::min(delay * 2, policy.cap);
    }
    const double part = std::clamp(policy.jitter, 0.0, 1.0) * std::clamp(random, 0.0, 1.0);
    const auto off = static_cast<Milliseconds::rep>(part * static_cast<double>(delay.count()));
    return delay - Milliseconds{off};
}

Milliseconds RestartPolicy::on_death(Milliseconds served_for, double random) noexcept {
    quick_deaths_ = served_for > healthy_ ? 1 : quick_deaths_ + 1;
    if (quick_deaths_ == 1) {
        return Milliseconds{0};
    }
    return backoff_delay(policy_, quick_deaths_ - 2, random);
}

}  // namespace typhon
