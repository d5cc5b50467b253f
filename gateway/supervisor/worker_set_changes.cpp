// Changes of the whole set: reload and scale, and the report of it. Its end is in
// worker_set_stop.cpp, one worker in worker_set.cpp.
#include <algorithm>
#include <iterator>

#include <spdlog/spdlog.h>

#include "gateway/supervisor/worker_set.hpp"

namespace typhon {

namespace {

std::string_view swap_name(GenerationSwap::Kind kind) noexcept {
    return kind == GenerationSwap::Kind::replace ? "reload" : "scale";
}

/// What a smaller set keeps first: those that serve, then those that are nearest to it.
int rank(const Worker& worker) noexcept {
    return worker.is_ready() ? -1 : static_cast<int>(worker.state);
}

}  // namespace

void WorkerSet::reload(ReloadWaiter waiter) {
    reload_waiting_.push_back(std::move(waiter));
    begin_next_change();
}

void WorkerSet::scale(std::uint32_t workers, ReloadWaiter waiter) {
    scale_waiting_.emplace_back(workers, std::move(waiter));
    begin_next_change();
}

void WorkerSet::begin_next_change() {
    if (refusing_) {
        refuse_waiters("the gateway is stopping");
    }
    if (stopping_) {
        return;
    }
    const bool asked = !scale_waiting_.empty() || !reload_waiting_.empty();
    if (asked && swap_ && swap_->gives_way()) {
        cancel_renewal();
    }
    while (!swap_ && !scale_waiting_.empty()) {
        begin_scale(scale_waiting_.front().first);
    }
    if (!swap_ && !reload_waiting_.empty()) {
        begin_swap(Kind::replace, generation_ + 1, 0, options_.workers);
    }
    while (!swap_ && begin_renewal()) {
    }
}

/// Starts the workers of the slots `from` to `to`.
void WorkerSet::begin_swap(Kind kind,
                           std::uint32_t generation,
                           std::uint32_t from,
                           std::uint32_t to) {
    GenerationSwap& swap = swap_.emplace();
    swap.kind = kind;
    swap.generation = generation;
    swap.slot = from;
    swap.why = kind == Kind::renew ? current_.at(from)->renewal : Renewal::none;
    if (kind == Kind::replace) {
        swap.waiters = std::exchange(reload_waiting_, {});
        spdlog::info("reload: starting generation {}, {} workers", generation, to - from);
    } else if (kind == Kind::grow) {
        swap.waiters.push_back(std::move(scale_waiting_.front().second));
        scale_waiting_.pop_front();
    }
    std::vector<Worker*> starting;
    for (std::uint32_t slot = from; slot < to; ++slot) {
        auto worker = std::make_unique<Worker>();
        worker->slot = slot;
        worker->generation = generation;
        starting.push_back(worker.get());
        swap.incoming.push_back(std::move(worker));
    }
    for (Worker* worker : starting) {
        if (is_incoming(*worker)) {  // not after one of them could not be spawned
            handle(*worker, WorkerEvent::retry);
        }
    }
}

void WorkerSet::begin_scale(std::uint32_t workers) {
    const auto now = static_cast<std::uint32_t>(current_.size());
    if (workers > now) {
        spdlog::info("scale: from {} to {} workers", now, workers);
        options_.workers = workers;
        begin_swap(Kind::grow, generation_, now, workers);
        return;
    }
    const ReloadWaiter waiter = std::move(scale_waiting_.front().second);
    scale_waiting_.pop_front();
    shrink(workers);
    waiter(result(true, std::to_string(workers) + " workers", Milliseconds{0}));
}

void WorkerSet::shrink(std::uint32_t workers) {
    if (workers == current_.size()) {
        return;
    }
    spdlog::info("scale: from {} to {} workers", current_.size(), workers);
    options_.workers = workers;
    std::stable_sort(current_.begin(), current_.end(), [](const auto& left, const auto& right) {
        return rank(*left) < rank(*right);
    });
    for (std::uint32_t slot = 0; slot < workers; ++slot) {
        current_[slot]->slot = slot;
    }
    Workers surplus(std::make_move_iterator(current_.begin() + workers),
                    std::make_move_iterator(current_.end()));
    current_.resize(workers);
    serve_ready();
    retire_all(surplus);
}

void WorkerSet::commit_swap() {
    GenerationSwap swap = std::move(*swap_);
    swap_.reset();
    if (swap.kind == Kind::renew) {
        commit_renewal(swap);
        recovered();
        return begin_next_change();
    }
    if (swap.kind == Kind::replace) {
        commit_replace(swap);
    } else {
        std::move(swap.incoming.begin(), swap.incoming.end(), std::back_inserter(current_));
        serve_ready();
    }
    recovered();
    const std::string count = std::to_string(current_.size()) + " workers";
    const std::string message = swap.kind == Kind::replace
                                    ? "generation " + std::to_string(generation_) + ", " + count
                                    : count;
    spdlog::info("{} ready in {} ms", message, swap.age().count());
    tell(swap.waiters, result(true, message, swap.age()));
    begin_next_change();
}

/// The switch: from here on only the new generation gets requests.
void WorkerSet::commit_replace(GenerationSwap& swap) {
    generation_ = swap.generation;
    Workers old = std::exchange(current_, std::move(swap.incoming));
    for (std::size_t slot = 0; slot < std::min(old.size(), current_.size()); ++slot) {
        current_[slot]->take_counts(*old[slot]);
    }
    serve_ready();
    retire_all(old);
    clear_error();
}

void WorkerSet::abort_swap(std::string reason) {
    GenerationSwap swap = std::move(*swap_);
    swap_.reset();
    options_.workers = static_cast<std::uint32_t>(current_.size());
    retire_all(swap.incoming);
    if (swap.kind == Kind::renew) {
        abort_renewal(swap, reason);
        return begin_next_change();
    }
    set_error(ErrorOf::change, reason);
    spdlog::error(
        "{} failed, generation {} goes on:\n{}", swap_name(swap.kind), generation_, reason);
    tell(swap.waiters, result(false, std::move(reason), swap.age()));
    begin_next_change();
}

void WorkerSet::retire_all(Workers& workers) {
    for (auto& worker : workers) {
        Worker& leaving = *leaving_.emplace_back(std::move(worker));
        handle(leaving, WorkerEvent::retire);
    }
    workers.clear();
}

// ---- report ----

ReloadResult WorkerSet::result(bool ok, std::string message, Milliseconds took) const {
    return {ok, generation_, options_.workers, std::move(message), took};
}

SupervisorStatus WorkerSet::status() const {
    SupervisorStatus status;
    status.generation = generation_;
    status.last_error = last_error_;
    if (stopping_) {
        status.state = GatewayState::stopping;
    } else if (swap_ && swap_->kind == Kind::replace) {
        status.state = GatewayState::reloading;
    } else if (any_ready()) {
        status.state = GatewayState::ready;
    } else if (failed_) {
        status.state = GatewayState::failed;
    }
    each([&status](const Worker& worker) {
        WorkerStatus& row = status.workers.emplace_back();
        if (worker.process) {
            row.pid = worker.process->pid();
            row.identity = worker.process->identity();
        }
        row.state = worker.state;
        row.slot = worker.slot;
        row.generation = worker.generation;
        row.restarts = worker.restarts;
        row.recycled = worker.recycled;
        row.pool_pids = worker.pool_pids;
        row.python = worker.python;
    });
    return status;
}

std::string_view state_name(GatewayState state) noexcept {
    switch (state) {
        case GatewayState::starting:
            return "starting";
        case GatewayState::ready:
            return "ready";
        case GatewayState::reloading:
            return "reloading";
        case GatewayState::failed:
            return "failed";
        case GatewayState::stopping:
            break;
    }
    return "stopping";
}

}  // namespace typhon
