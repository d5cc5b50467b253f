// Async requests between the thread that receives and the event loop that runs them: those that
// wait, and those that run. No Python in here; every method may be called by any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "proto/deadline.hpp"
#include "pyworker/batch.hpp"
#include "pyworker/stack_text.hpp"
#include "pyworker/wake_fd.hpp"

namespace typhon::worker {

class AsyncIntake {
public:
    struct Load {
        std::uint32_t waiting = 0;
        std::uint32_t running = 0;
        std::uint32_t oldest_ms = 0;  // age of the oldest that runs; 0: none runs
    };

    /// Readable while something is to be done: jobs to take, tasks to cancel, streams that may go
    /// on, or pieces of bodies to read.
    [[nodiscard]] int fd() const noexcept { return wake_.fd(); }

    void add(JobRef job);
    /// Signals the loop when something was added since it last took.
    void wake();

    /// The oldest job that waits becomes a running one; empty when there is none.
    [[nodiscard]] JobRef take(proto::SteadyClock::time_point now);
    /// A job that take() returned has ended. Returns when it started.
    proto::SteadyClock::time_point end(const Job& job);

    /// A job that waits is removed and returned; empty when it does not.
    [[nodiscard]] JobRef take_back(std::uint64_t id);
    /// The id of a job that runs is kept for the loop.
    void cancel(std::uint64_t id);
    /// Ids of running jobs to cancel; resets the descriptor, so take() must follow.
    [[nodiscard]] std::vector<std::uint64_t> take_cancelled();

    /// A stream of this job, if it runs, may send more: its id is kept for the loop.
    void grant(std::uint64_t id);
    /// Ids of running jobs whose streams may send more. After take_cancelled().
    [[nodiscard]] std::vector<std::uint64_t> take_granted();

    /// A piece of the body of this job, if it runs, has come: its id is kept for the loop.
    void feed(std::uint64_t id);
    /// Ids of running jobs for whose bodies something has come. After take_cancelled().
    [[nodiscard]] std::vector<std::uint64_t> take_fed();

    /// The jobs that run, oldest first.
    [[nodiscard]] std::vector<RunningRequest> running() const;
    /// The thread that last called take(), as threading.get_ident() gives it; 0: none did.
    [[nodiscard]] std::uint64_t taker() const;

    [[nodiscard]] Load load(proto::SteadyClock::time_point now) const;

private:
    struct Running {
        const Job* job;  // lives until end()
        proto::SteadyClock::time_point started;
    };

    mutable std::mutex mutex_;
    std::deque<JobRef> waiting_;
    std::unordered_map<std::uint64_t, Running> running_;
    std::uint64_t taker_ = 0;
    std::vector<std::uint64_t> cancelled_;
    std::vector<std::uint64_t> granted_;
    std::vector<std::uint64_t> fed_;
    bool signalled_ = false;
    WakeFd wake_;
};

}  // namespace typhon::worker
