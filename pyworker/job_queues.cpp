#include "pyworker/job_queues.hpp"

#include <algorithm>
#include <utility>

#include "pyworker/route_table.hpp"

namespace typhon::worker {

namespace {

JobRef take_front(std::deque<JobRef>& queue) {
    JobRef job = std::move(queue.front());
    queue.pop_front();
    return job;
}

JobRef take_id(std::deque<JobRef>& queue, std::uint64_t id) {
    const auto found = std::find_if(
        queue.begin(), queue.end(), [id](const JobRef& job) { return job->request.id == id; });
    if (found == queue.end()) {
        return {};
    }
    JobRef job = std::move(*found);
    queue.erase(found);
    return job;
}

/// A route without samples is not: the watcher corrects it within a millisecond.
bool is_slow(const Job& job) {
    return job.route != nullptr && job.route->run_time.slow();
}

}  // namespace

JobRef JobQueues::next_for_leader(std::uint32_t& to_wake) {
    while (leader_has_work()) {
        ++busy_;
        JobRef job = take_front(ready_);
        if (!is_slow(*job)) {
            return job;
        }
        handed_.push_back(std::move(job));
        ++to_wake;
    }
    return {};
}

JobRef JobQueues::next_for_follower() {
    return handed_.empty() ? JobRef() : take_front(handed_);
}

JobRef JobQueues::cancel(std::uint64_t id) {
    if (JobRef job = take_id(ready_, id)) {
        return job;
    }
    JobRef job = take_id(handed_, id);
    busy_ -= job ? 1 : 0;
    return job;
}

}  // namespace typhon::worker
