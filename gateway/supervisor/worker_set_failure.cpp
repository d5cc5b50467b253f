// What the set does while the application does not start: tells why, tries again, recovers. All
// else of it is in worker_set.cpp.
#include <algorithm>

#include <spdlog/spdlog.h>

#include "gateway/supervisor/worker_set.hpp"

namespace typhon {

namespace {

/// A worker that said why it cannot start exits by itself in this time.
constexpr Milliseconds kExitGrace{1'000};
/// Deaths in a row, each soon after READY, from which on they are no accidents.
constexpr std::uint32_t kCrashLoopDeaths = 5;

}  // namespace

void WorkerSet::give_up(Worker& worker) {
    if (worker.process) {
        worker.due = proto::Deadline::after(kExitGrace);
    }
    if (is_incoming(worker)) {
        return abort_swap(worker.reason);
    }
    watch_.arm(random());
    if (last_error_ != worker.reason || error_of_ != ErrorOf::start) {
        set_error(ErrorOf::start, worker.reason);
        spdlog::error("the application does not start:\n{}", worker.reason);
    }
    spdlog::error("a worker could not start; next try in {} s, or when a file in {} changes",
                  watch_.retry_after_s(),
                  options_.app);
    if (!any_ready()) {
        tell_failed(watch_.retry_after_s());
    }
}

void WorkerSet::tell_failed(std::uint32_t retry_after_s) {
    failed_ = true;
    control_.set_availability(Availability::failed, retry_after_s);
    if (!ever_ready_ && !ever_failed_ && hooks_.failed_start) {
        hooks_.failed_start(last_error_);
    }
    ever_failed_ = true;
}

/// One worker tries for those that failed; when it becomes ready the others follow (recovered()).
void WorkerSet::try_again(FailureWatch::Reason reason) {
    if (reason == FailureWatch::Reason::none) {
        return;
    }
    if (reason == FailureWatch::Reason::edit) {
        std::for_each(current_.begin(), current_.end(), [this](const auto& worker) {
            start_after_edit(*worker);
        });
    }
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

/// One that waits because it died again and again.
void WorkerSet::start_after_edit(Worker& worker) {
    if (worker.state == WorkerState::backing_off) {
        ++worker.restarts;
        worker.restart = RestartPolicy();
        handle(worker, WorkerEvent::retry);
    }
}

/// A worker of the serving generation became ready.
void WorkerSet::recovered() {
    if (!std::exchange(ever_ready_, true) && hooks_.first_ready) {
        hooks_.first_ready();
    }
    const bool was_failed = std::exchange(failed_, false);
    if (was_failed) {
        control_.set_availability(Availability::waiting, 0);
        spdlog::info("the application starts again");
    }
    if (was_failed || error_of_ == ErrorOf::start) {
        clear_error();
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

/// A worker that starts well and dies soon, again and again, is no accident: from the deaths that
/// are too many on the reason is told, and requests are not kept waiting for the next start.
void WorkerSet::tell_crash_loop(const Worker& worker) {
    watch_.look_for_edits();
    const std::uint32_t deaths = worker.restart.quick_deaths();
    if (deaths < kCrashLoopDeaths) {
        return;
    }
    set_error(ErrorOf::start,
              worker.reason + "; that is its death number " + std::to_string(deaths) +
                  " in a row soon after its start");
    if (!any_ready() && !any_in(WorkerState::starting)) {
        tell_failed(std::max((worker.due.left_ms() + 999) / 1000, 1U));
    }
}

void WorkerSet::set_error(ErrorOf of, std::string text) {
    last_error_ = std::move(text);
    error_of_ = of;
}

void WorkerSet::clear_error() {
    set_error(ErrorOf::nothing, "");
}

}  // namespace typhon
