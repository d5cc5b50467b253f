// An event that one coroutine of a loop waits for and other code of the same loop fires.
//
// A timer that never expires, because its waiter then belongs to the io_context and dies with it; a
// stored handler would own the coroutine that owns the event.
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/redirect_error.hpp>

#include "gateway/asio.hpp"
#include "proto/deadline.hpp"

namespace typhon {

class WakeUp {
public:
    explicit WakeUp(asio::io_context& loop) : timer_(loop, proto::SteadyClock::time_point::max()) {}

    /// Returns after the next wake(). One waiter at a time.
    Task<void> wait() {
        error_code cancelled;
        co_await timer_.async_wait(asio::redirect_error(kUseTask, cancelled));
    }

    /// Continues the waiter, soon; no effect when nobody waits.
    void wake() { timer_.cancel(); }

private:
    asio::basic_waitable_timer<proto::SteadyClock,
                               asio::wait_traits<proto::SteadyClock>,
                               LoopExecutor>
        timer_;
};

}  // namespace typhon
