#include "gateway/supervisor/worker_set.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

namespace typhon {

namespace {

/// Deaths before READY that are taken for accidents.
constexpr std::uint32_t kMaxEarlyDeaths = 3;
/// A worker whose drain time is over exits by itself in this time.
constexpr Milliseconds kDrainGrace{1'000};
/// A worker that hangs writes its stacks in this time, if it can; a stopped one cannot.
constexpr Milliseconds kDumpTime{1'000};

}  // namespace

WorkerSet::WorkerSet(SupervisorOptions options,
                     WorkerControl& control,
                     std::string endpoint,
                     WorkerSetHooks hooks)
    : options_(std::move(options)),
      control_(control),
      endpoint_(std::move(endpoint)),
      hooks_(std::move(hooks)),
      watch_(options_.app) {}

void WorkerSet::start() {
    control_.set_availability(Availability::waiting, 0);
    for (std::uint32_t slot = 0; slot < options_.workers; ++slot) {
        auto worker = std::make_unique<Worker>();
        worker->slot = slot;
        worker->generation = generation_;
        current_.push_back(std::move(worker));
    }
    for (const auto& worker : current_) {
        handle(*worker, WorkerEvent::retry);
    }
    start_recycling();
}

// ---- one worker ----

void WorkerSet::handle(Worker& worker, WorkerEvent event) {
    const auto [next, action] = transition(worker.state, event);
    worker.state = next;
    perform(worker, action);
}

void WorkerSet::perform(Worker& worker, WorkerAction action) {
    switch (action) {
        case WorkerAction::none:
            return;
        case WorkerAction::serve:
            return serve(worker);
        case WorkerAction::restart_later:
            if (is_incoming(worker)) {
                return abort_swap(worker.reason);
            }
            worker.due = proto::Deadline::after(worker.restart_delay);
            return tell_crash_loop(worker);
        case WorkerAction::give_up:
            return give_up(worker);
        case WorkerAction::drain:
            return drain(worker);
        case WorkerAction::renew:
            return renew(worker);
        case WorkerAction::dump:
            return dump(worker);
        case WorkerAction::spawn:
            return launch(worker);
        case WorkerAction::kill:
        case WorkerAction::discard:
            worker.due = {};
            if (worker.process) {
                worker.process->kill();
            }
            return;
    }
}

void WorkerSet::launch(Worker& worker) {
    worker.pool_pids.clear();
    worker.renewal = Renewal::none;
    worker.too_slow = false;
    worker.max_requests =
        requests_limit(options_.max_requests, options_.max_requests_jitter, random());
    worker.due = proto::Deadline::after(options_.start_timeout);
    watch_.note_start();
    try {
        worker.process = std::make_unique<WorkerProcess>(
            options_, endpoint_, control_, worker.slot, worker.generation);
        spdlog::debug("worker {} starts (generation {})", worker.process->pid(), worker.generation);
    } catch (const std::exception& error) {
        spdlog::error("a worker cannot be spawned: {}", error.what());
        lost(worker, error.what(), Milliseconds{0});
    }
}

/// Its process is gone, or there never was one.
void WorkerSet::lost(Worker& worker, std::string reason, Milliseconds served_for) {
    worker.due = {};
    const bool early = worker.state == WorkerState::starting;
    if (!worker.too_slow && worker.state != WorkerState::failed) {
        worker.reason = std::move(reason);
    }
    worker.early_deaths += early ? 1 : 0;
    worker.restart_delay = worker.restart.on_death(served_for, random());
    const bool enough = worker.too_slow || worker.early_deaths >= kMaxEarlyDeaths;
    handle(worker, early && enough ? WorkerEvent::kept_dying : WorkerEvent::died);
}

void WorkerSet::serve(Worker& worker) {
    spdlog::info("worker {} ready in {} ms (generation {})",
                 worker.process->pid(),
                 worker.process->age().count(),
                 worker.generation);
    worker.process->note_ready();
    worker.due = {};
    worker.too_slow = false;  // it came while its stacks were written
    worker.early_deaths = 0;
    worker.reason.clear();
    if (is_incoming(worker)) {
        if (swap_->all_ready()) {
            commit_swap();
        }
        return;
    }
    serve_ready();
    recovered();
}

void WorkerSet::drain(Worker& worker) {
    const auto left = stopping_ ? Milliseconds{stop_by_.left_ms()} : options_.drain_timeout;
    control_.drain(worker.process->identity(), static_cast<std::uint32_t>(left.count()));
    worker.due = proto::Deadline::after(stopping_ ? left : left + kDrainGrace);
}

void WorkerSet::dump(Worker& worker) {
    worker.due = proto::Deadline::after(kDumpTime);
    worker.process->ask_for_stacks();
    serve_ready();
}

void WorkerSet::time_out(Worker& worker) {
    worker.due = {};
    if (worker.state == WorkerState::starting && !std::exchange(worker.too_slow, true)) {
        worker.reason = "worker " + std::to_string(worker.process->pid()) +
                        " was not ready within " + std::to_string(options_.start_timeout.count()) +
                        " ms";
        spdlog::error("{}: killing it", worker.reason);
        return handle(worker, WorkerEvent::late);
    }
    if (worker.state == WorkerState::draining) {
        spdlog::warn("worker {} did not end in time: killing it", worker.process->pid());
    } else if (worker.state == WorkerState::backing_off) {
        ++worker.restarts;
    }
    handle(worker, WorkerEvent::time_out);
}

void WorkerSet::log_death(pid_t pid,
                          const std::string& how,
                          WorkerState before,
                          const Worker& after) const {
    if (before == WorkerState::draining) {
        spdlog::info("worker {} ended: {}", pid, how);
    } else if (before == WorkerState::failed || before == WorkerState::gone) {
        spdlog::debug("worker {} ended: {}", pid, how);
    } else if (after.state != WorkerState::backing_off) {
        spdlog::warn("worker {} died: {}", pid, how);
    } else if (after.restart_delay.count() == 0) {
        spdlog::warn("worker {} died: {}; restarting", pid, how);
    } else {
        spdlog::warn(
            "worker {} died: {}; restarting in {} ms", pid, how, after.restart_delay.count());
    }
}

// ---- small helpers ----

bool WorkerSet::is_incoming(const Worker& worker) const {
    return swap_ && swap_->holds(worker);
}

bool WorkerSet::any_ready() const {
    return any_in(WorkerState::ready);
}

bool WorkerSet::any_in(WorkerState state) const {
    return std::any_of(
        current_.begin(), current_.end(), [state](const auto& w) { return w->state == state; });
}

Worker* WorkerSet::find_identity(const std::string& identity) const {
    return find([&identity](const Worker& w) { return w.process->identity() == identity; });
}

void WorkerSet::serve_ready() {
    std::vector<std::string> identities;
    for (const auto& worker : current_) {
        if (worker->is_ready()) {
            identities.push_back(worker->process->identity());
        }
    }
    control_.serve_only(identities);
}

void WorkerSet::sweep() {
    std::erase_if(leaving_, [](const auto& worker) {
        return worker->state == WorkerState::gone && !worker->process;
    });
}

bool WorkerSet::idle() const {
    bool none = true;
    each([&none](const Worker& worker) { none = none && !worker.process; });
    return none;
}

}  // namespace typhon
