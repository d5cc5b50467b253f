// All workers of the gateway: starts them, replaces the dead, swaps generations, and stops.
//
// It carries out what state_table.hpp decides. It owns no thread and no timer: Supervisor calls it
// with events and when next_due() has come. Supervisor thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gateway/options.hpp"
#include "gateway/relay/worker_link.hpp"
#include "gateway/supervisor/failure_watch.hpp"
#include "gateway/supervisor/generation_swap.hpp"
#include "gateway/supervisor/supervisor_status.hpp"
#include "gateway/supervisor/worker.hpp"

namespace typhon {

/// Called on the supervisor thread, each at most once.
struct WorkerSetHooks {
    std::function<void()> first_ready;
    std::function<void(const std::string&)> failed_start;  // before any worker was ready
};

class WorkerSet {
public:
    WorkerSet(SupervisorOptions options,
              WorkerControl& control,
              std::string endpoint,
              WorkerSetHooks hooks);

    /// Starts the first generation.
    void start();

    /// Starts the next generation beside this one and switches when all of it is ready. A call
    /// while one is under way waits for a further one, together with all such calls.
    void reload(ReloadWaiter waiter);
    /// Changes the number of workers to `workers`; after what is under way.
    void scale(std::uint32_t workers, ReloadWaiter waiter);

    /// No further change begins, and who asks is told that the gateway stops; one that is under way
    /// goes on.
    void refuse_changes();
    /// Ends all workers: the ready ones are drained until `deadline` (but at least 1 s), then
    /// killed.
    void stop(proto::Deadline deadline);
    /// Ends all workers by SIGKILL.
    void kill_all();

    void on_ready(const std::string& identity, const proto::Ready& ready);
    void on_start_error(const std::string& identity, const proto::StartError& error);
    void on_leaving(const std::string& identity);
    void on_silent(const std::string& identity, std::uint32_t silent_ms);
    void on_hung(const std::string& identity, const HangReport& report);
    void on_exit(const ProcessExit& exit);

    /// Does what has become due.
    void on_time();
    [[nodiscard]] proto::Deadline next_due() const;

    /// No process of the set runs.
    [[nodiscard]] bool idle() const;
    [[nodiscard]] SupervisorStatus status() const;

private:
    using Kind = GenerationSwap::Kind;
    /// What last_error_ is of, and so when it is over.
    enum class ErrorOf : std::uint8_t { nothing, start, change };

    // one worker (worker_set.cpp)
    void handle(Worker& worker, WorkerEvent event);
    void perform(Worker& worker, WorkerAction action);
    void launch(Worker& worker);
    void lost(Worker& worker, std::string reason, Milliseconds served_for);
    void serve(Worker& worker);
    void drain(Worker& worker);
    void dump(Worker& worker);
    void time_out(Worker& worker);
    void log_death(pid_t pid,
                   const std::string& how,
                   WorkerState before,
                   const Worker& after) const;

    // the application does not start (worker_set_failure.cpp)
    void give_up(Worker& worker);
    void tell_failed(std::uint32_t retry_after_s);
    void try_again(FailureWatch::Reason reason);
    void start_after_edit(Worker& worker);
    void recovered();
    void tell_crash_loop(const Worker& worker);
    void set_error(ErrorOf of, std::string text);
    void clear_error();

    // changes of the set (worker_set_changes.cpp)
    void begin_next_change();
    void begin_swap(Kind kind, std::uint32_t generation, std::uint32_t from, std::uint32_t to);
    void begin_scale(std::uint32_t workers);
    void shrink(std::uint32_t workers);
    void commit_swap();
    void commit_replace(GenerationSwap& swap);
    void abort_swap(std::string reason);
    void retire_all(Workers& workers);

    // one worker is replaced by a successor (worker_set_renewal.cpp)
    /// Starts a successor beside `worker`, which is drained when the successor is ready. When the
    /// successor does not start, it serves on.
    void wear(Worker& worker, Renewal why);
    void renew(const Worker& worker);
    [[nodiscard]] bool begin_renewal();
    void commit_renewal(GenerationSwap& swap);
    void abort_renewal(const GenerationSwap& swap, const std::string& reason);
    void cancel_renewal();

    // when a worker has reached a limit (worker_set_recycling.cpp)
    void start_recycling();
    void look_for_recycling();

    void refuse_waiters(const std::string& reason);

    [[nodiscard]] bool is_incoming(const Worker& worker) const;
    [[nodiscard]] bool any_ready() const;
    [[nodiscard]] bool any_in(WorkerState state) const;
    void serve_ready();
    void sweep();
    template <class Visit>
    void each(Visit visit) const;
    template <class Match>
    [[nodiscard]] Worker* find(Match match) const;
    [[nodiscard]] Worker* find_identity(const std::string& identity) const;
    [[nodiscard]] ReloadResult result(bool ok, std::string message, Milliseconds took) const;
    [[nodiscard]] double random() { return std::uniform_real_distribution<>()(random_engine_); }

    SupervisorOptions options_;
    WorkerControl& control_;
    std::string endpoint_;
    WorkerSetHooks hooks_;
    Workers current_;  // one for each slot
    Workers leaving_;  // until their processes are gone
    std::optional<GenerationSwap> swap_;
    std::vector<ReloadWaiter> reload_waiting_;  // for the next reload
    std::deque<std::pair<std::uint32_t, ReloadWaiter>> scale_waiting_;
    FailureWatch watch_;
    std::uint32_t generation_ = 1;
    bool failed_ = false;
    bool ever_ready_ = false;
    bool ever_failed_ = false;
    bool refusing_ = false;  // changes
    bool stopping_ = false;
    proto::Deadline stop_by_;
    std::string last_error_;
    ErrorOf error_of_ = ErrorOf::nothing;
    proto::Deadline recycle_look_;  // never: no worker is recycled
    std::mt19937 random_engine_{std::random_device{}()};
};

template <class Visit>
void WorkerSet::each(Visit visit) const {
    for (const auto& worker : current_) {
        visit(*worker);
    }
    if (swap_) {
        for (const auto& worker : swap_->incoming) {
            visit(*worker);
        }
    }
    for (const auto& worker : leaving_) {
        visit(*worker);
    }
}

template <class Match>
Worker* WorkerSet::find(Match match) const {
    Worker* found = nullptr;
    each([&](Worker& worker) {
        if (found == nullptr && worker.process && match(worker)) {
            found = &worker;
        }
    });
    return found;
}

}  // namespace typhon
