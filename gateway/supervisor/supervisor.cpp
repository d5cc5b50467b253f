#include "gateway/supervisor/supervisor.hpp"

#include <csignal>
#include <future>
#include <utility>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include "gateway/supervisor/process.hpp"

namespace typhon {

namespace {

/// How long a stop waits for orphans that were killed to be gone, and how often it looks.
constexpr Milliseconds kOrphanTime{2'000};
constexpr Milliseconds kOrphanTick{10};
/// How often one that waits for an outcome looks whether the thread has ended.
constexpr Milliseconds kEndTick{100};

/// Blocks all signals in this thread but SIGCHLD and those of its own faults.
void keep_child_signal_only() {
    sigset_t blocked;
    ::sigfillset(&blocked);
    for (const int number : {SIGCHLD, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) {
        ::sigdelset(&blocked, number);
    }
    ::pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
}

void block_child_signal() {
    sigset_t child;
    ::sigemptyset(&child);
    ::sigaddset(&child, SIGCHLD);
    ::pthread_sigmask(SIG_BLOCK, &child, nullptr);
}

}  // namespace

Supervisor::Supervisor(const SupervisorOptions& options,
                       WorkerControl& control,
                       std::string endpoint)
    : workers_(options,
               control,
               std::move(endpoint),
               {[this] {
                    if (on_first_ready) {
                        on_first_ready();
                    }
                },
                [this](const std::string& reason) {
                    if (on_failed_start) {
                        on_failed_start(reason);
                    }
                }}),
      watched_app_(options.reload_on_change ? options.app : "") {}

Supervisor::~Supervisor() {
    app_watch_.reset();
    if (thread_.joinable()) {
        kill_all();
        thread_.join();
    }
}

void Supervisor::start() {
    block_child_signal();
    guard_ = std::make_unique<Guard>(loop_.get_executor());
    watch_app();  // before the workers read the files
    thread_ = std::thread([this] { run(); });
}

void Supervisor::watch_app() {
    if (!watched_app_.empty()) {
        app_watch_ = std::make_unique<AppWatch>(watched_app_, [this](const std::string& what) {
            spdlog::info("{}: reloading", what);
            request_reload();
        });
    }
}

void Supervisor::run() {
    keep_child_signal_only();
    adopt_orphans();
    child_signal_.add(SIGCHLD);
    wait_child();
    workers_.start();
    settle();
    loop_.run();
}

// ---- calls from other threads ----

template <class Work>
void Supervisor::post(Work work) {
    asio::post(loop_, [this, work = std::move(work)]() mutable {
        if (!ended_) {
            work();
            settle();
        }
    });
}

ReloadResult Supervisor::wait_for(std::function<void(ReloadWaiter)> change,
                                  proto::Deadline deadline) {
    auto promise = std::make_shared<std::promise<ReloadResult>>();
    auto outcome = promise->get_future();
    asio::post(loop_, [this, change = std::move(change), promise = std::move(promise)] {
        if (ended_) {
            promise->set_value({false, 0, 0, "the gateway is stopping", Milliseconds{0}});
            return;
        }
        change([this, promise](const ReloadResult& result) {
            outcomes_.emplace_back(promise, result);
        });
        settle();
    });
    while (outcome.wait_for(kEndTick) != std::future_status::ready) {
        if (ended_) {  // the thread takes no more work
            return {false, 0, 0, "the gateway is stopping", Milliseconds{0}};
        }
        if (deadline.passed()) {
            return {false, 0, 0, "it has not ended in time and goes on; see the log", {}};
        }
    }
    return outcome.get();
}

ReloadResult Supervisor::reload(proto::Deadline deadline) {
    return wait_for([this](ReloadWaiter waiter) { workers_.reload(std::move(waiter)); }, deadline);
}

ReloadResult Supervisor::scale(std::uint32_t workers, proto::Deadline deadline) {
    if (workers == 0 || workers > kMaxWorkers) {
        return {false,
                0,
                0,
                "the number of workers is 1 to " + std::to_string(kMaxWorkers) + ", not " +
                    std::to_string(workers),
                Milliseconds{0}};
    }
    return wait_for(
        [this, workers](ReloadWaiter waiter) { workers_.scale(workers, std::move(waiter)); },
        deadline);
}

void Supervisor::request_reload() {
    post([this] { workers_.reload([](const ReloadResult& /*in the log*/) {}); });
}

void Supervisor::refuse_changes() {
    if (app_watch_) {
        app_watch_->end();
    }
    post([this] { workers_.refuse_changes(); });
}

void Supervisor::stop(proto::Deadline deadline, std::function<void()> done) {
    refuse_changes();
    if (ended_) {
        return done();
    }
    asio::post(loop_, [this, deadline, done = std::move(done)]() mutable {
        if (ended_) {
            return done();
        }
        stopping_ = true;
        done_ = std::move(done);
        workers_.stop(deadline);
        settle();
    });
}

void Supervisor::kill_all() {
    post([this] {
        stopping_ = true;
        workers_.kill_all();
    });
}

SupervisorStatus Supervisor::status() const {
    SupervisorStatus copy;
    {
        const std::lock_guard lock(mutex_);
        copy = status_;
    }
    for (WorkerStatus& worker : copy.workers) {
        worker.rss_bytes = worker.pid > 0 ? resident_bytes(worker.pid) : 0;
    }
    return copy;
}

// ---- events from the relay ----

void Supervisor::on_ready(const std::string& identity, const proto::Ready& ready) {
    post([this, identity, ready] { workers_.on_ready(identity, ready); });
}

void Supervisor::on_start_error(const std::string& identity, const proto::StartError& error) {
    post([this, identity, error] { workers_.on_start_error(identity, error); });
}

void Supervisor::on_draining(const std::string& identity) {
    spdlog::debug("worker {} was told to drain", identity);
}

void Supervisor::on_leaving(const std::string& identity) {
    post([this, identity] { workers_.on_leaving(identity); });
}

void Supervisor::on_silent(const std::string& identity, std::uint32_t silent_ms) {
    post([this, identity, silent_ms] { workers_.on_silent(identity, silent_ms); });
}

void Supervisor::on_hung(const std::string& identity, const HangReport& report) {
    post([this, identity, report] { workers_.on_hung(identity, report); });
}

// ---- the supervisor thread ----

void Supervisor::wait_child() {
    if (ended_) {
        return;
    }
    child_signal_.async_wait([this](error_code error, int /*SIGCHLD*/) {
        if (!error) {
            collect();
            settle();
            wait_child();
        }
    });
}

void Supervisor::collect() {
    while (const auto exit = reap()) {
        workers_.on_exit(*exit);
    }
}

/// After every change: the copy for others, then what was waited for (whoever gets an outcome finds
/// it in the copy, too), the timer, and the end.
void Supervisor::settle() {
    publish();
    for (const auto& [promise, result] : std::exchange(outcomes_, {})) {
        promise->set_value(result);
    }
    arm_timer();
    if (stopping_ && workers_.idle()) {
        end_when_empty();
    }
}

void Supervisor::publish() {
    SupervisorStatus status = workers_.status();
    const std::lock_guard lock(mutex_);
    status_ = std::move(status);
}

void Supervisor::arm_timer() {
    proto::Deadline due = workers_.next_due();
    if (stopping_ && workers_.idle()) {
        due = proto::Deadline::after(kOrphanTick);
    }
    if (due.never()) {
        timer_.cancel();
        return;
    }
    timer_.expires_at(due.at());
    timer_.async_wait([this](error_code error) {
        if (!error && !ended_) {
            workers_.on_time();
            settle();
        }
    });
}

/// The set has no process left. Orphans of the workers were killed with their groups and are
/// collected, too.
void Supervisor::end_when_empty() {
    collect();
    orphans_by_ = std::min(orphans_by_, proto::Deadline::after(kOrphanTime));
    if (ended_ || (has_children() && !orphans_by_.passed())) {
        return;
    }
    ended_ = true;
    error_code ignored;
    child_signal_.cancel(ignored);
    timer_.cancel();
    guard_.reset();
    if (done_) {
        done_();
    }
}

}  // namespace typhon
