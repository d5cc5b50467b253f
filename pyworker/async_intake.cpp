#include "pyworker/async_intake.hpp"

#include <algorithm>
#include <utility>

#include <pthread.h>

#include "proto/request_id.hpp"

namespace typhon::worker {

using proto::SteadyClock;

void AsyncIntake::add(JobRef job) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(job));
}

void AsyncIntake::wake() {
    const std::lock_guard lock(mutex_);
    if (!signalled_ &&
        !(waiting_.empty() && cancelled_.empty() && granted_.empty() && fed_.empty())) {
        signalled_ = true;
        wake_.signal();
    }
}

JobRef AsyncIntake::take(SteadyClock::time_point now) {
    const std::lock_guard lock(mutex_);
    taker_ = pthread_self();
    if (waiting_.empty()) {
        return {};
    }
    JobRef job = std::move(waiting_.front());
    waiting_.pop_front();
    running_.emplace(job->request.id, Running{&*job, now});
    return job;
}

SteadyClock::time_point AsyncIntake::end(const Job& job) {
    const std::lock_guard lock(mutex_);
    const auto found = running_.find(job.request.id);
    if (found == running_.end()) {
        return SteadyClock::now();
    }
    const auto started = found->second.started;
    running_.erase(found);
    return started;
}

JobRef AsyncIntake::take_back(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(waiting_.begin(), waiting_.end(), [id](const JobRef& job) {
        return job->request.id == id;
    });
    if (found == waiting_.end()) {
        return {};
    }
    JobRef job = std::move(*found);
    waiting_.erase(found);
    return job;
}

void AsyncIntake::cancel(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    if (running_.contains(id)) {
        cancelled_.push_back(id);
    }
}

std::vector<std::uint64_t> AsyncIntake::take_cancelled() {
    const std::lock_guard lock(mutex_);
    signalled_ = false;
    wake_.clear();
    return std::exchange(cancelled_, {});
}

void AsyncIntake::grant(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    if (running_.contains(id)) {
        granted_.push_back(id);
    }
}

std::vector<std::uint64_t> AsyncIntake::take_granted() {
    const std::lock_guard lock(mutex_);
    return std::exchange(granted_, {});
}

void AsyncIntake::feed(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    if (running_.contains(id)) {
        fed_.push_back(id);
    }
}

std::vector<std::uint64_t> AsyncIntake::take_fed() {
    const std::lock_guard lock(mutex_);
    return std::exchange(fed_, {});
}

std::vector<RunningRequest> AsyncIntake::running() const {
    std::vector<RunningRequest> all;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [id, running] : running_) {
            const Job& job = *running.job;
            all.push_back(
                {proto::request_name(job.request), job.route, running.started, job.deadline});
        }
    }
    std::sort(all.begin(), all.end(), [](const RunningRequest& a, const RunningRequest& b) {
        return a.started < b.started;
    });
    return all;
}

std::uint64_t AsyncIntake::taker() const {
    const std::lock_guard lock(mutex_);
    return taker_;
}

AsyncIntake::Load AsyncIntake::load(SteadyClock::time_point now) const {
    const std::lock_guard lock(mutex_);
    Load load{static_cast<std::uint32_t>(waiting_.size()),
              static_cast<std::uint32_t>(running_.size()),
              0};
    for (const auto& [id, request] : running_) {
        const auto age =
            std::chrono::duration_cast<std::chrono::milliseconds>(now - request.started);
        load.oldest_ms = std::max(load.oldest_ms, static_cast<std::uint32_t>(age.count()));
    }
    return load;
}

}  // namespace typhon::worker
