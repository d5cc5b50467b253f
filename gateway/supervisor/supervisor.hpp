// The thread that spawns the workers, watches them, and takes them through reload and stop.
//
// It holds the mailbox, the timer and SIGCHLD; what is done is in WorkerSet. One long-lived thread,
// because a worker gets SIGKILL when the thread that forked it ends. At most one object in a
// process: it collects every child.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateway/asio.hpp"
#include "gateway/options.hpp"
#include "gateway/relay/worker_link.hpp"
#include "gateway/supervisor/app_watch.hpp"
#include "gateway/supervisor/supervisor_status.hpp"
#include "gateway/supervisor/worker_set.hpp"
#include "proto/deadline.hpp"

namespace typhon {

class Supervisor final : public WorkerEvents {
public:
    static constexpr std::uint32_t kMaxWorkers = 64;

    /// Starts nothing yet. `control` must live longer than this object. `endpoint` is the relay's
    /// address, as the workers are to connect to it.
    Supervisor(const SupervisorOptions& options, WorkerControl& control, std::string endpoint);
    /// Kills what still runs and waits for the thread.
    ~Supervisor() override;
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;
    Supervisor(Supervisor&&) = delete;
    Supervisor& operator=(Supervisor&&) = delete;

    /// Set before start(). Called on the supervisor thread, at most once each: the first worker is
    /// ready; the application did not start (the reason, a traceback) before any worker was ready.
    std::function<void()> on_first_ready;
    std::function<void(const std::string& reason)> on_failed_start;

    /// Starts the thread and the first generation. Blocks SIGCHLD in the calling thread, and so in
    /// those that it starts later: the signal is for the supervisor thread alone. Once.
    void start();

    /// Starts the next generation and switches to it. Blocks until the outcome is known, or
    /// `deadline` (the reload goes on then). Calls that wait for the same reload get the same
    /// result. Any thread but the supervisor's.
    [[nodiscard]] ReloadResult reload(proto::Deadline deadline);

    /// Changes the number of workers, 1 to kMaxWorkers; otherwise as reload().
    [[nodiscard]] ReloadResult scale(std::uint32_t workers, proto::Deadline deadline);

    /// A reload whose outcome is in the log. Any thread; never blocks.
    void request_reload();

    /// A stop has begun: from now on no reload, no other number of workers and no recycling begins;
    /// who asks is told so. Any thread; never blocks.
    void refuse_changes();

    /// Drains the workers and kills what has not ended by `deadline` (it gets at least 1 s). When
    /// no process is left, `done` is called on the supervisor thread, which then ends (or here,
    /// when it has ended before). Any thread; never blocks.
    void stop(proto::Deadline deadline, std::function<void()> done);

    /// SIGKILL to all workers, as the end of a stop. Any thread; never blocks.
    void kill_all();

    /// A copy of the state; resident memory is read from /proc now. Any thread.
    [[nodiscard]] SupervisorStatus status() const;

    // WorkerEvents
    void on_ready(const std::string& identity, const proto::Ready& ready) override;
    void on_start_error(const std::string& identity, const proto::StartError& error) override;
    void on_draining(const std::string& identity) override;
    void on_leaving(const std::string& identity) override;
    void on_silent(const std::string& identity, std::uint32_t silent_ms) override;
    void on_hung(const std::string& identity, const HangReport& report) override;

private:
    using Guard = asio::executor_work_guard<LoopExecutor>;

    void run();
    /// Runs `work` on the supervisor thread, then looks what follows from it.
    template <class Work>
    void post(Work work);
    [[nodiscard]] ReloadResult wait_for(std::function<void(ReloadWaiter)> change,
                                        proto::Deadline deadline);
    void watch_app();
    void wait_child();
    void collect();
    void settle();
    void arm_timer();
    void publish();
    void end_when_empty();

    asio::io_context loop_{1};
    std::unique_ptr<Guard> guard_;
    asio::signal_set child_signal_{loop_};
    asio::steady_timer timer_{loop_};
    WorkerSet workers_;
    std::vector<std::pair<std::shared_ptr<std::promise<ReloadResult>>, ReloadResult>> outcomes_;
    std::function<void()> done_;
    bool stopping_ = false;
    std::atomic<bool> ended_ = false;
    proto::Deadline orphans_by_;  // when a stop no longer waits for orphans
    mutable std::mutex mutex_;    // of status_
    SupervisorStatus status_;
    std::thread thread_;
    std::string watched_app_;  // empty: it is not watched
    std::unique_ptr<AppWatch> app_watch_;
};

}  // namespace typhon
