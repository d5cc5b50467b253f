// Which thread of a dispatcher leads, watches or sleeps, and who wakes whom.
#include "pyworker/dispatcher.hpp"
#include "pyworker/route_table.hpp"

namespace typhon::worker {

namespace {

using proto::SteadyClock;
using std::chrono::milliseconds;

constexpr milliseconds kTick{1};  // of the watcher
constexpr milliseconds kAway{1};  // then the watcher takes over
constexpr milliseconds kWatchAfterTraffic{50};

}  // namespace

void Dispatcher::lead(Lock& lock, Thread& me) {
    if (relieved(me)) {
        return;
    }
    const bool received_all = serve(lock);
    if (closing_) {
        if (outbox_.empty()) {  // BYE is on its way: it may have come while serve() sent
            close_channel(lock);
        }
    } else if (JobRef job = next_for_leader()) {
        run(lock, me, std::move(job));
    } else if (received_all && outbox_.empty()) {
        wait(lock);
    }
}

void Dispatcher::watch(Lock& lock, Thread& me) {
    while (watcher_ == &me && !me.woken) {
        me.wake.wait_for(lock, kTick);
        const TimePoint now = SteadyClock::now();
        if (leader_state_ == Leader::away && now - served_at_ >= kAway) {
            take_over(me, now);
            return;
        }
        if (leader_state_ == Leader::asleep && now - traffic_at_ >= kWatchAfterTraffic) {
            watch_wanted_ = false;
            break;
        }
    }
    me.woken = false;
    watcher_ = nullptr;
}

void Dispatcher::sleep(Lock& lock, Thread& me) {
    if (watch_wanted_ && watcher_ == nullptr) {
        watcher_ = &me;
        return;
    }
    sleepers(me).push_back(&me);
    if (me.front && !leader_->front) {
        wake_leader();  // to be relieved
    }
    me.wake.wait(lock, [&me] { return me.woken; });
    me.woken = false;
}

/// The handler that keeps the leader away is slow: those of its route that still wait go to
/// followers.
void Dispatcher::take_over(Thread& me, TimePoint now) {
    if (leader_->running && leader_->stage == Stage::runs && leader_->job->route != nullptr) {
        leader_->job->route->run_time.at_least(span_us(leader_->started, now));
    }
    leader_ = &me;
    watcher_ = nullptr;
    served_at_ = now;
}

/// A leader from the back hands over to a front thread that is free.
bool Dispatcher::relieved(const Thread& me) {
    if (me.front || sleeping_front_.empty()) {
        return false;
    }
    leader_ = sleeping_front_.back();
    sleeping_front_.pop_back();
    served_at_ = SteadyClock::now();
    wake(*leader_);
    return true;
}

std::vector<Dispatcher::Thread*>& Dispatcher::sleepers(const Thread& thread) {
    return thread.front ? sleeping_front_ : sleeping_back_;
}

/// Front threads never take slow jobs: there are enough others, and they are wanted at the socket.
JobRef Dispatcher::next_for_follower(const Thread& me) {
    return me.front ? JobRef() : queues_.next_for_follower();
}

/// Takes a sleeping thread to become the watcher; null when none sleeps.
Dispatcher::Thread* Dispatcher::pick_watcher() {
    std::vector<Thread*>& from = sleeping_front_.empty() ? sleeping_back_ : sleeping_front_;
    if (from.empty()) {
        return nullptr;
    }
    Thread* picked = from.back();
    from.pop_back();
    return picked;
}

/// Called when the leader is about to run handlers.
void Dispatcher::want_watcher(TimePoint now) {
    traffic_at_ = now;
    watch_wanted_ = true;
    if (watcher_ == nullptr) {
        watcher_ = pick_watcher();
        if (watcher_ != nullptr) {
            wake(*watcher_);
        }
    }
}

void Dispatcher::wake_followers(std::uint32_t count) {
    for (; count > 0; --count) {
        if (!sleeping_back_.empty()) {
            Thread& thread = *sleeping_back_.back();
            sleeping_back_.pop_back();
            wake(thread);
        } else if (watcher_ != nullptr && !watcher_->front) {
            wake(*watcher_);
        }
    }
}

void Dispatcher::wake(Thread& thread) {
    thread.woken = true;
    thread.wake.notify_one();
}

void Dispatcher::wake_leader() {
    if (leader_state_ == Leader::asleep && !leader_woken_) {
        leader_woken_ = true;
        channel_.wake();
    }
}

}  // namespace typhon::worker
