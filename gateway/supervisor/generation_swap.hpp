// A change of the set that is under way: the workers that start beside the serving ones, and who
// waits for the outcome. All of them must be ready before any of them serves. Supervisor thread
// only.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "gateway/supervisor/supervisor_status.hpp"
#include "gateway/supervisor/worker.hpp"
#include "proto/deadline.hpp"

namespace typhon {

/// Gets the outcome, on the supervisor thread; must not block.
using ReloadWaiter = std::function<void(const ReloadResult&)>;

struct GenerationSwap {
    enum class Kind : std::uint8_t {
        replace,  // a reload: the incoming ones take the place of all others
        grow,     // more workers: the incoming ones join the others
        renew,    // of one worker: the incoming one takes the place of the one in its slot
    };
    Kind kind = Kind::replace;
    Renewal why = Renewal::none;  // of kind renew
    std::uint32_t generation = 0;
    std::uint32_t slot = 0;  // the first, of kind renew the only one
    Workers incoming;
    std::vector<ReloadWaiter> waiters;
    proto::SteadyClock::time_point started_at = proto::SteadyClock::now();

    [[nodiscard]] bool holds(const Worker& worker) const noexcept;
    [[nodiscard]] bool all_ready() const noexcept;
    /// It is ended when another change is wanted.
    [[nodiscard]] bool gives_way() const noexcept { return why == Renewal::limit; }
    [[nodiscard]] Milliseconds age() const noexcept;
};

/// Tells every waiter.
void tell(const std::vector<ReloadWaiter>& waiters, const ReloadResult& result);

}  // namespace typhon
