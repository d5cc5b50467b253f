// Where the connections of one loop wait until there is memory for the bodies of their requests:
// large ones in the order in which they came, small ones as soon as they fit.
//
// Nothing of a body is read before all of it has room, so that no two of them can wait for each
// other. Loop thread only.
#pragma once

#include <chrono>
#include <cstddef>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/intrusive/list.hpp>

#include "gateway/asio.hpp"
#include "gateway/http/body_budget.hpp"
#include "proto/deadline.hpp"

namespace typhon::http {

class BodyGate {
public:
    /// One connection that waits. Lives in the frame of its coroutine.
    class Waiter : public boost::intrusive::list_base_hook<
                       boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    public:
        Waiter(asio::io_context& loop, BodyShare& wanting, std::size_t size)
            : timer_(loop), share_(wanting), bytes_(size) {}

        /// Ends the wait, without memory.
        void give_up() { timer_.cancel(); }

    private:
        friend class BodyGate;
        asio::basic_waitable_timer<proto::SteadyClock,
                                   asio::wait_traits<proto::SteadyClock>,
                                   LoopExecutor>
            timer_;
        BodyShare& share_;
        std::size_t bytes_;
        bool admitted_ = false;
    };

    explicit BodyGate(BodyBudget& budget) noexcept : budget_(budget) {}

    /// True when `share` has grown to `bytes` without waiting and without overtaking anybody.
    [[nodiscard]] bool enter(BodyShare& share, std::size_t bytes) noexcept;

    /// Waits for room, at most for `patience`. True when the waiter's share has grown.
    Task<bool> wait(Waiter& waiter, std::chrono::milliseconds patience);

    /// Admits those for whom there is room now.
    void admit();

private:
    using Waiters = boost::intrusive::list<Waiter, boost::intrusive::constant_time_size<false>>;

    BodyBudget& budget_;
    Waiters waiters_;
};

}  // namespace typhon::http
