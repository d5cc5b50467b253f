// What the set does while the application does not start: tells why, tries again, recovers. All
// else of it is in worker_set.cpp.
#include <algorithm>

#include <spdlog/spdlog.h>

#include "gateway/supervisor/worker_set.hpp"

namespace typhon {

namespace {

/// A worker that said why it cannot start exits by itself in this time.
constexpr Milliseconds kExitGrace{1'000};

}  // namespace

void WorkerSet::give_up(Worker& worker) {
    if (worker.process) {
        worker.due = proto::Deadline::after(kExitGrace);
    }
    if (is_incoming(worker)) {
        return abort_swap(worker.reason);
    }
    watch_.arm(random());
    start_error_ = true;
    if (last_error_ != worker.reason) {
        last_error_ = worker.reason;
        spdlog::error("the application does not start:\n{}", worker.reason);
    }
    spdlog::error("a worker could not start; next try in {} s, or when a file in {} changes",
                  watch_.retry_after_s(),
                  options_.app);
    if (!any_ready()) {
        tell_failed();
    }
}

void WorkerSet::tell_failed() {
    failed_ = true;
    control_.set_availability(Availability::failed, watch_.retry_after_s());
    if (!ever_ready_ && !ever_failed_ && hooks_.failed_start) {
        hooks_.failed_start(last_error_);
    }
    ever_failed_ = true;
}

/// One worker tries for all; when it becomes ready the others follow (recovered()).
void WorkerSet::try_again() {
    const auto first = std::find_if(current_.begin(), current_.end(), [](const auto& worker) {
        return worker->state == WorkerState::failed && !worker->process;
    });
    if (first != current_.end()) {
        handle(**first, WorkerEvent::retry);
    } else if (std::any_of(current_.begin(), current_.end(), [](const auto& worker) {
                   return worker->state == WorkerState::failed;
               })) {
        watch_.arm(random());
    }
}

/// A worker of the serving generation became ready.
void WorkerSet::recovered() {
    if (!std::exchange(ever_ready_, true) && hooks_.first_ready) {
        hooks_.first_ready();
    }
    if (std::exchange(failed_, false)) {
        control_.set_availability(Availability::waiting, 0);
        spdlog::info("the application starts again");
        start_error_ = true;
    }
    if (std::exchange(start_error_, false)) {
        last_error_.clear();
    }
    watch_.clear();
    for (const auto& worker : current_) {
        if (worker->state == WorkerState::failed && worker->process) {
            watch_.arm(random());
        } else if (worker->state == WorkerState::failed) {
            handle(*worker, WorkerEvent::retry);
        }
    }
}

}  // namespace typhon
