// One start of a worker: its process, its group, its name, its ledger and its lifeline.
//
// It is not the worker of the set, which lives through many starts (worker_set.hpp), nor its
// connection (relay/). Supervisor thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "gateway/options.hpp"
#include "gateway/relay/worker_link.hpp"
#include "gateway/supervisor/process.hpp"
#include "gateway/supervisor/unique_fd.hpp"
#include "proto/deadline.hpp"
#include "proto/ledger.hpp"

namespace typhon {

class WorkerProcess {
public:
    /// Announces the start to the relay and spawns it. Throws std::system_error when it cannot be
    /// spawned; the relay has forgotten it then.
    WorkerProcess(const SupervisorOptions& options,
                  const std::string& endpoint,
                  WorkerControl& control,
                  std::uint32_t slot,
                  std::uint32_t generation);
    /// Kills the group when the end was not noted, and has the relay forget the start.
    ~WorkerProcess();
    WorkerProcess(const WorkerProcess&) = delete;
    WorkerProcess& operator=(const WorkerProcess&) = delete;
    WorkerProcess(WorkerProcess&&) = delete;
    WorkerProcess& operator=(WorkerProcess&&) = delete;

    /// SIGKILL to the group: the worker and its pool. Its end is seen by reap().
    void kill() const noexcept;

    /// Asks it to write its stacks to the log. Only once it has said READY.
    void ask_for_stacks() const noexcept;

    /// It has said READY.
    void note_ready() noexcept { ready_at_ = proto::SteadyClock::now(); }

    /// The process was collected.
    void note_exit() noexcept { running_ = false; }

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    [[nodiscard]] const std::string& identity() const noexcept { return identity_; }
    /// Since its start.
    [[nodiscard]] Milliseconds age() const noexcept;
    /// Since READY; 0 before. A start that takes long is no sign of health.
    [[nodiscard]] Milliseconds served_for() const noexcept;

private:
    WorkerControl& control_;
    std::string identity_;
    std::shared_ptr<proto::Ledger> ledger_;
    UniqueFd lifeline_;  // the write end: when it closes, the worker knows that the gateway is gone
    pid_t pid_ = -1;
    bool running_ = false;
    proto::SteadyClock::time_point started_at_ = proto::SteadyClock::now();
    std::optional<proto::SteadyClock::time_point> ready_at_;
};

}  // namespace typhon
