// Which job runs next, and where: decided from queues and counts, without clock, lock or thread.
//
// Two queues. `ready` belongs to the leader, who runs quick handlers itself. Jobs of slow routes
// are handed to followers as long as one is free. At most `threads` handlers run or are handed over
// at once. The owner guards it by a mutex (dispatcher.hpp).
#pragma once

#include <cstdint>
#include <deque>

#include "pyworker/batch.hpp"

namespace typhon::worker {

class JobQueues {
public:
    explicit JobQueues(std::uint32_t threads) : threads_(threads) {}

    void add(JobRef job) { ready_.push_back(std::move(job)); }

    /// What the leader does next: empty for nothing now. `to_wake` is raised by one for each job
    /// that was put among those of the followers instead.
    [[nodiscard]] JobRef next_for_leader(std::uint32_t& to_wake);

    /// The next job that was handed over; empty when there is none.
    [[nodiscard]] JobRef next_for_follower();

    /// A job that next_...() returned has left its thread.
    void finished() noexcept { --busy_; }

    /// Takes a job that has not started out of the queues; empty when there is none of that id.
    [[nodiscard]] JobRef cancel(std::uint64_t id);

    /// The leader would get a job now (or hand one over).
    [[nodiscard]] bool leader_has_work() const noexcept {
        return !ready_.empty() && busy_ < threads_;
    }
    [[nodiscard]] bool follower_has_work() const noexcept { return !handed_.empty(); }
    [[nodiscard]] std::uint32_t running() const noexcept {
        return busy_ - static_cast<std::uint32_t>(handed_.size());
    }
    [[nodiscard]] std::uint32_t queued() const noexcept {
        return static_cast<std::uint32_t>(ready_.size() + handed_.size());
    }
    [[nodiscard]] bool idle() const noexcept { return ready_.empty() && busy_ == 0; }

private:
    std::uint32_t threads_;
    std::uint32_t busy_ = 0;  // running or handed over
    std::deque<JobRef> ready_;
    std::deque<JobRef> handed_;
};

}  // namespace typhon::worker
