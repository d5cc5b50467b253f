// Is a worker sound, better left alone, to be replaced, or beyond hope: decided from figures alone.
//
// The relay gathers the figures at each tick and tells the supervisor, which replaces the worker
// (supervisor/worker_set.hpp). Pure; any thread.
#pragma once

#include <cstdint>

#include "gateway/options.hpp"

namespace typhon::relay {

/// One worker at one moment. A request is *overdue* when its client has been answered 504 at its
/// deadline and the worker has not given the slot back; it *hangs* when that has lasted longer than
/// the grace.
struct WorkerHealth {
    Milliseconds silent{0};     // since its last word
    Milliseconds waiting{0};    // of its oldest request that it has not started, while it ends none
    Milliseconds gil_age{0};    // since a thread of it got the GIL, as of its last PONG
    std::uint32_t threads = 1;  // handlers that run at once on dispatch threads
    std::uint32_t hung = 0;     // requests of sync routes that hang
    std::uint32_t hung_async = 0;
    std::uint32_t async = 0;  // requests of async routes in flight, hung ones included
};

struct HealthLimits {
    Milliseconds silent_timeout{10'000};
    Milliseconds ping_interval{1'000};
};

enum class Verdict : std::uint8_t {
    sound,
    slow,    // gets no request while another worker is sound, which also gets those not started
    stuck,   // something in it hangs, others of its requests go on: to be replaced beside it
    hung,    // nothing in it goes on: to be killed and replaced
    silent,  // it does not speak any more: to be killed and replaced
};

[[nodiscard]] Verdict judge(const WorkerHealth& health, const HealthLimits& limits) noexcept;

}  // namespace typhon::relay
