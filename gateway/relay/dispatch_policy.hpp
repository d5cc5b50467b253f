// How many requests of a route one worker may hold, and which worker is next: decided from figures
// alone.
//
// Credit is wide while handlers are quick, so that batches keep the relay fast, and narrows to the
// threads of the worker when they are slow, so that no request waits behind a slow one while
// another worker is idle. Pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>

#include "proto/envelope.hpp"
#include "proto/run_time.hpp"

namespace typhon::relay {

/// What counts against which bound of a worker.
enum class CreditClass : std::uint8_t { quick, slow, async };

/// The class of a request of this mode now. It is fixed when the request is dispatched. A route
/// without samples counts as slow: being wrong then costs a moment of narrow credit, not a queue
/// behind a handler that sleeps.
[[nodiscard]] CreditClass credit_class(proto::RouteMode mode,
                                       const proto::RunTime& run_time) noexcept;

/// What a worker can take, and what it has.
struct WorkerLoad {
    std::uint32_t threads = 1;
    std::uint32_t async_capacity = 0;
    std::uint32_t quick = 0;  // in flight, by class
    std::uint32_t slow = 0;
    std::uint32_t async = 0;
};

/// May a worker with `load` take one more? `mean_us` is the route's mean, `wide` the bound for the
/// quickest handlers.
[[nodiscard]] bool has_credit(CreditClass wanted,
                              const WorkerLoad& load,
                              std::uint32_t mean_us,
                              std::uint32_t wide) noexcept;

/// True when `a` is the better place for a request of this class.
[[nodiscard]] bool less_loaded(CreditClass wanted,
                               const WorkerLoad& a,
                               const WorkerLoad& b) noexcept;

/// May a batch wait for another turn of the loop? With many requests under way the next ones are
/// microseconds off, and fewer, larger batches wake fewer threads. It leaves when a turn has
/// dispatched none (`dispatched`), with few requests in the workers (`running`), and when its first
/// request has waited (`age`) for kMaxHold.
[[nodiscard]] bool batch_may_grow(std::uint32_t dispatched,
                                  std::uint32_t running,
                                  std::chrono::nanoseconds age) noexcept;

inline constexpr std::uint32_t kManyRunning = 8;
inline constexpr std::chrono::microseconds kMaxHold{200};

}  // namespace typhon::relay
