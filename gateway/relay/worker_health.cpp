#include "gateway/relay/worker_health.hpp"

namespace typhon::relay {

namespace {

/// Beyond the interval of PINGs, at each of which a worker's main thread takes the GIL.
constexpr Milliseconds kGilPatience{1'000};
/// A request that waits longer in a worker may do better in another one.
constexpr Milliseconds kMostWaiting{30};

bool gil_is_held(const WorkerHealth& health, const HealthLimits& limits) noexcept {
    return health.gil_age >= limits.ping_interval + kGilPatience;
}

/// Nothing that is in flight can end: no thread gets the GIL, or all threads are taken and no
/// coroutine is left that runs.
bool stands_still(const WorkerHealth& health, const HealthLimits& limits) noexcept {
    return gil_is_held(health, limits) ||
           (health.hung >= health.threads && health.async == health.hung_async);
}

}  // namespace

Verdict judge(const WorkerHealth& health, const HealthLimits& limits) noexcept {
    if (health.silent >= limits.silent_timeout) {
        return Verdict::silent;
    }
    if (health.hung + health.hung_async > 0) {
        return stands_still(health, limits) ? Verdict::hung : Verdict::stuck;
    }
    const bool missed_pings =
        health.silent >= limits.silent_timeout / 4 && health.silent >= 2 * limits.ping_interval;
    const bool slow = missed_pings || health.waiting >= kMostWaiting || gil_is_held(health, limits);
    return slow ? Verdict::slow : Verdict::sound;
}

}  // namespace typhon::relay
