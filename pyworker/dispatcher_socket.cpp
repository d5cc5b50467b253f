// What the leader does at the socket, and what the main thread asks of the dispatcher.
#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "proto/codec.hpp"
#include "pyworker/dispatcher.hpp"
#include "pyworker/leave_signal.hpp"
#include "pyworker/route_table.hpp"

namespace typhon::worker {

namespace {

using proto::SteadyClock;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr int kBatchesPerVisit = 16;
constexpr milliseconds kLinger{2000};
constexpr microseconds kSpin{100};

std::uint32_t age_ms(SteadyClock::time_point since, SteadyClock::time_point now) {
    const auto age = std::chrono::duration_cast<milliseconds>(now - since).count();
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(age, 0, UINT32_MAX));
}

}  // namespace

/// Sends what waits and receives what has come. Never blocks. False when there may be more to
/// receive, of which the socket gives no further sign.
bool Dispatcher::serve(Lock& lock) {
    leader_state_ = Leader::serving;
    sending_.swap(outbox_);
    lock.unlock();
    if (!sending_.empty()) {
        channel_.send(sending_);
    }
    const TimePoint now = SteadyClock::now();
    inbox_.clear();
    int count = 0;
    for (; count < kBatchesPerVisit; ++count) {
        zmq::message_t message;
        if (!channel_.receive(message)) {
            break;
        }
        inbox_.read(std::move(message), now);
    }
    lock.lock();
    leader_state_ = Leader::away;
    served_at_ = now;
    if (!inbox_.empty()) {
        take_inbox(now);
    }
    if (asked_to_leave() && announced_ && !std::exchange(leaving_, true)) {
        tell_leaving(now);
    }
    return count < kBatchesPerVisit;
}

/// Blocks until there may be something to receive or to send. Only right after a serve() that
/// received everything.
void Dispatcher::wait(Lock& lock) {
    leader_state_ = Leader::asleep;
    const bool alone = std::exchange(alone_, false);
    lock.unlock();
    channel_.wait(alone ? kSpin : microseconds{0});
    lock.lock();
    leader_state_ = Leader::away;
    leader_woken_ = false;
    served_at_ = SteadyClock::now();
}

void Dispatcher::close_channel(Lock& lock) {
    leader_state_ = Leader::serving;
    lock.unlock();
    channel_.close(kLinger);
    lock.lock();
    closed_ = true;
    main_wake_.notify_all();
}

void Dispatcher::take_inbox(TimePoint now) {
    take_jobs(now);
    for (const std::uint64_t id : inbox_.cancels) {  // after the jobs, for they may be among them
        cancel(id);
    }
    for (const proto::Credit& credit : inbox_.credits) {
        if (streams_.grant(credit.id, credit.bytes)) {
            intake_.grant(credit.id);
        }
    }
    for (const std::uint64_t id : inbox_.fed) {
        intake_.feed(id);
    }
    intake_.wake();
    for (const std::uint64_t id : inbox_.recalls) {
        recall(id);
    }
    for (const std::uint64_t nonce : inbox_.pings) {
        answer_ping(nonce, now);
    }
    if (inbox_.drain && !draining_) {
        draining_ = true;
        drain_deadline_ = proto::Deadline::after(milliseconds(inbox_.drain->left_ms), now);
        main_wake_.notify_all();
    }
}

void Dispatcher::take_jobs(TimePoint now) {
    if (inbox_.jobs.empty()) {
        return;
    }
    traffic_at_ = now;
    alone_ = inbox_.jobs.size() == 1;
    for (JobRef& job : inbox_.jobs) {
        if (job->route != nullptr && job->route->info.mode == proto::RouteMode::async) {
            intake_.add(std::move(job));
        } else {
            queues_.add(std::move(job));
        }
    }
    intake_.wake();
}

/// What has not started is answered without being run, so that the gateway can use its slot again;
/// a running coroutine is cancelled, a stream ends at its next piece; a running function cannot be.
void Dispatcher::cancel(std::uint64_t id) {
    streams_.cancel(id);
    if (bodies_.cancel(id)) {
        intake_.feed(id);
    }
    recall(id);
    intake_.cancel(id);
    intake_.wake();
}

/// The same for what has not started alone.
void Dispatcher::recall(std::uint64_t id) {
    JobRef job = queues_.cancel(id);
    if (!job) {
        job = withdraw(id);
    }
    if (!job) {
        job = intake_.take_back(id);
    }
    if (job) {
        give_back(job);
    }
}

void Dispatcher::give_back(const JobRef& job) {
    Answer answer;
    answer.reply.id = job->request.id;
    answer.reply.slot = job->request.slot;
    answer_error(answer, *job, proto::ErrorCode::client_left);
    append(answer.reply, {});
    tell_main();
}

/// Takes a job from a thread that waits for the GIL to run it; empty when none does.
JobRef Dispatcher::withdraw(std::uint64_t id) {
    for (const auto& thread : threads_) {
        if (thread->running && thread->job->request.id == id && change(*thread, Stage::withdrawn)) {
            return JobRef(*thread->job);
        }
    }
    return {};
}

void Dispatcher::answer_ping(std::uint64_t nonce, TimePoint now) {
    proto::Pong pong = figures(now);
    pong.nonce = nonce;
    proto::encode(pong, outbox_);
    refresh_wanted_ = true;
    main_wake_.notify_all();
}

/// At once: the gateway may have to start a successor.
void Dispatcher::tell_leaving(TimePoint now) {
    spdlog::info(
        "asked to end by a signal: serving until the gateway drains this worker; a second "
        "signal ends it at once");
    proto::encode(figures(now), outbox_);
}

proto::Pong Dispatcher::figures(TimePoint now) const {
    const AsyncIntake::Load async = intake_.load(now);
    proto::Pong pong;
    pong.busy = queues_.running();
    pong.threads = limit_;
    pong.queued = queues_.queued() + async.waiting;
    pong.async_running = async.running;
    pong.oldest_ms = std::max(oldest_ms(now), async.oldest_ms);
    pong.gil_age_ms = age_ms(TimePoint(TimePoint::duration(gil_at_.load())), now);
    pong.served = served_;
    pong.pool_pids = pool_pids_;
    pong.leaving = leaving_;
    return pong;
}

std::uint32_t Dispatcher::oldest_ms(TimePoint now) const {
    std::uint32_t oldest = 0;
    for (const auto& thread : threads_) {
        if (thread->running) {
            oldest = std::max(oldest, age_ms(thread->started, now));
        }
    }
    return oldest;
}

// ---- for the main thread ----

/// Everything that was received has been answered, or the time for it is over.
bool Dispatcher::quiet(TimePoint now) const {
    const AsyncIntake::Load async = intake_.load(now);
    const bool empty = queues_.idle() && deferred_ == 0 && async.waiting == 0 && async.running == 0;
    return empty || drain_deadline_.passed(now);
}

void Dispatcher::tell_main() {
    if (draining_) {
        main_wake_.notify_all();
    }
}

Dispatcher::Event Dispatcher::wait_event() {
    Lock lock(mutex_);
    while (true) {
        if (draining_ && quiet(SteadyClock::now())) {
            return Event::drained;
        }
        if (refresh_wanted_) {
            refresh_wanted_ = false;
            return Event::refresh;
        }
        if (drain_deadline_.never()) {
            main_wake_.wait(lock);
        } else {
            main_wake_.wait_until(lock, drain_deadline_.at());
        }
    }
}

void Dispatcher::refreshed(std::vector<std::uint32_t> pool_pids) {
    gil_at_.store(SteadyClock::now().time_since_epoch().count(), std::memory_order_relaxed);
    const Lock lock(mutex_);
    pool_pids_ = std::move(pool_pids);
}

proto::Deadline Dispatcher::drain_deadline() {
    const Lock lock(mutex_);
    return drain_deadline_;
}

bool Dispatcher::close(milliseconds patience) {
    Lock lock(mutex_);
    proto::encode(proto::Bye{served_}, outbox_);
    closing_ = true;
    wake_leader();
    return main_wake_.wait_for(lock, patience, [this] { return closed_; });
}

}  // namespace typhon::worker
