// What the set is told, by the relay, by dead processes and by the clock, and to whom it applies.
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "gateway/supervisor/worker_set.hpp"

namespace typhon {

void WorkerSet::on_ready(const std::string& identity, const proto::Ready& ready) {
    Worker* worker = find_identity(identity);
    if (worker == nullptr) {
        return;
    }
    worker->pool_pids = ready.pool_pids;
    worker->python = ready.python;
    handle(*worker, WorkerEvent::became_ready);
    sweep();
}

void WorkerSet::on_start_error(const std::string& identity, const proto::StartError& error) {
    Worker* worker = find_identity(identity);
    if (worker == nullptr) {
        return;
    }
    worker->reason = error.text;
    handle(*worker, WorkerEvent::start_failed);
    sweep();
}

void WorkerSet::on_leaving(const std::string& identity) {
    Worker* worker = find_identity(identity);
    if (worker == nullptr || !worker->may_renew() || worker->renewal >= Renewal::leaving ||
        refusing_) {
        return;
    }
    spdlog::info("worker {} was asked to end by a signal: replacing it", worker->process->pid());
    wear(*worker, Renewal::leaving);
}

void WorkerSet::on_silent(const std::string& identity, std::uint32_t silent_ms) {
    Worker* worker = find_identity(identity);
    if (worker == nullptr) {
        return;
    }
    spdlog::error(
        "worker {} has been silent for {} ms: killing it", worker->process->pid(), silent_ms);
    handle(*worker, WorkerEvent::fell_silent);
    sweep();
}

void WorkerSet::on_hung(const std::string& identity, const HangReport& report) {
    Worker* worker = find_identity(identity);
    if (worker == nullptr || !worker->is_ready()) {
        return;
    }
    spdlog::error("worker {} hangs: {} request(s) past their deadline, the oldest by {} ms: {}",
                  worker->process->pid(),
                  report.requests,
                  report.overdue_ms,
                  report.goes_on ? "replacing it" : "killing it");
    if (report.first && report.goes_on) {
        worker->process->ask_for_stacks();
    }
    if (report.goes_on) {
        wear(*worker, Renewal::stuck);
    } else {
        handle(*worker, WorkerEvent::hung);
    }
}

void WorkerSet::on_exit(const ProcessExit& exit) {
    Worker* worker = find([&exit](const Worker& w) { return w.process->pid() == exit.pid; });
    if (worker == nullptr) {
        return;  // an orphan of a worker
    }
    const WorkerState before = worker->state;
    const Milliseconds served_for = worker->process->served_for();
    const std::string how = describe_exit(exit.status);
    worker->process->note_exit();
    worker->process.reset();
    const char* when = before == WorkerState::starting ? " died before it was ready: " : " died: ";
    lost(*worker, "worker " + std::to_string(exit.pid) + when + how, served_for);
    log_death(exit.pid, how, before, *worker);
    sweep();
}

void WorkerSet::on_time() {
    std::vector<Worker*> late;
    each([&late](Worker& worker) {
        if (worker.due.passed()) {
            late.push_back(&worker);
        }
    });
    for (Worker* worker : late) {
        if (worker->due.passed()) {  // one before it may have changed it
            time_out(*worker);
        }
    }
    if (!stopping_ && !swap_) {
        try_again(watch_.try_now());
    }
    if (recycle_look_.passed()) {
        look_for_recycling();
    }
    sweep();
}

proto::Deadline WorkerSet::next_due() const {
    proto::Deadline due =
        stopping_ || swap_ ? proto::Deadline() : std::min(watch_.due(), recycle_look_);
    each([&due](const Worker& worker) { due = std::min(due, worker.due); });
    return due;
}

}  // namespace typhon
