// How the set ends: no further changes, then drained, or killed.
#include <algorithm>
#include <iterator>
#include <utility>

#include "gateway/supervisor/worker_set.hpp"

namespace typhon {

namespace {

/// Even a stop that is late gives idle workers this long to run their shutdown hooks.
constexpr Milliseconds kMinStopTime{1'000};

}  // namespace

void WorkerSet::refuse_changes() {
    refusing_ = true;
    begin_next_change();
}

void WorkerSet::stop(proto::Deadline deadline) {
    refusing_ = true;
    const bool first = !std::exchange(stopping_, true);
    stop_by_ = std::max(deadline, proto::Deadline::after(kMinStopTime));
    if (first) {
        control_.set_availability(Availability::stopping, 0);
        if (swap_) {
            GenerationSwap swap = std::move(*swap_);
            swap_.reset();
            retire_all(swap.incoming);
            std::move(
                swap.waiters.begin(), swap.waiters.end(), std::back_inserter(reload_waiting_));
        }
        refuse_waiters("the gateway is stopping");
        retire_all(current_);
    }
    for (const auto& worker : leaving_) {
        if (worker->state == WorkerState::draining) {
            worker->due = std::min(worker->due, stop_by_);
        }
    }
    sweep();
}

void WorkerSet::kill_all() {
    stop(proto::Deadline::after(Milliseconds{0}));
    for (const auto& worker : leaving_) {
        worker->due = {};
        if (worker->process) {
            worker->process->kill();
        }
    }
}

void WorkerSet::refuse_waiters(const std::string& reason) {
    std::vector<ReloadWaiter> waiters = std::exchange(reload_waiting_, {});
    for (auto& [workers, waiter] : std::exchange(scale_waiting_, {})) {
        waiters.push_back(std::move(waiter));
    }
    tell(waiters, result(false, reason, Milliseconds{0}));
}

}  // namespace typhon
