#include "pyworker/dispatcher.hpp"

#include <thread>
#include <utility>

#include <pthread.h>

#include "proto/codec.hpp"
#include "pyworker/route_table.hpp"

namespace typhon::worker {

namespace {

using proto::SteadyClock;
using std::chrono::microseconds;

constexpr microseconds kServeEvery{500};  // the leader looks at the socket between handlers
constexpr std::size_t kLargeBody = std::size_t{64} * 1024;
/// Streams of tiny pieces, some 14 bytes each on the wire, do not pile up beyond that.
constexpr std::size_t kLargeOutbox = std::size_t{256} * 1024;

/// Large replies are encoded before the mutex is taken; empty for others.
std::string encoded_if_large(const proto::Reply& reply) {
    std::string encoded;
    if (reply.body.size() >= kLargeBody) {
        encoded.reserve(reply.body.size() + reply.headers.size() + 128);
        proto::encode(reply, encoded);
    }
    return encoded;
}

}  // namespace

Dispatcher::Dispatcher(Channel& channel,
                       RouteTable& routes,
                       Runner& runner,
                       AsyncIntake& intake,
                       std::uint32_t threads)
    : channel_(channel),
      runner_(runner),
      intake_(intake),
      streams_(runner.streams()),
      limit_(threads),
      inbox_(routes, bodies_),
      gil_at_(SteadyClock::now().time_since_epoch().count()),
      queues_(threads) {}

void Dispatcher::start(const proto::Ready& ready, FrontThreads& front) {
    Lock lock(mutex_);
    pool_pids_ = ready.pool_pids;
    for (std::size_t number = 0; number < kFrontThreads + limit_; ++number) {
        threads_.push_back(std::make_unique<Thread>());
        Thread& thread = *threads_.back();
        thread.name = "typhon-" + std::to_string(number);
        thread.front = number < kFrontThreads;
    }
    leader_ = threads_.front().get();
    for (std::size_t number = 0; number < threads_.size(); ++number) {
        const auto main = [this, &me = *threads_[number]] { thread_main(me); };
        if (number < kFrontThreads) {
            front[number].run(main);
        } else {
            std::thread(main).detach();
        }
    }
    // Not before: a thread needs the GIL once to begin, and the first handler may keep it.
    main_wake_.wait(lock, [this] { return begun_ == threads_.size(); });
    proto::encode(ready, outbox_);
    announced_ = true;
    wake_leader();
}

void Dispatcher::thread_main(Thread& me) {
    pthread_setname_np(pthread_self(), me.name.c_str());
    PythonThread python(me.name);
    me.python = &python;
    Lock lock(mutex_);
    me.ident = pthread_self();
    if (++begun_ == threads_.size()) {
        main_wake_.notify_all();
    }
    while (!closed_) {
        if (leader_ == &me) {
            lead(lock, me);
        } else if (JobRef job = next_for_follower(me)) {
            watcher_ = watcher_ == &me ? nullptr : watcher_;
            run(lock, me, std::move(job));
        } else if (watcher_ == &me) {
            watch(lock, me);
        } else {
            sleep(lock, me);
        }
    }
    main_wake_.wait(lock, [] { return false; });  // the process is about to end
}

// ---- running ----

void Dispatcher::run(Lock& lock, Thread& me, JobRef job) {
    TimePoint now = SteadyClock::now();
    if (leader_ == &me) {
        leader_state_ = Leader::away;
        served_at_ = now;
        want_watcher(now);
    }
    me.stage = Stage::waits;
    begin(me, *job, now);
    lock.unlock();
    me.python->acquire();
    if (!change(me, Stage::runs)) {
        me.python->release();
        lock.lock();
        me.running = false;
        queues_.finished();
        tell_main();
        return;
    }
    // Without the wait for the GIL: it would make every route look slow once threads compete, and
    // slow routes are spread over more threads, which compete more.
    now = SteadyClock::now();
    while (job) {
        Answer answer;
        const TimePoint started = now;
        runner_.run(job, now, *this, answer);
        now = SteadyClock::now();
        answer.reply.run_us = span_us(started, now);
        gil_at_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
        const std::string encoded =
            answer.ended == Answer::Ended::no ? encoded_if_large(answer.reply) : std::string();
        lock.lock();
        finish(me, *job, answer, encoded);
        JobRef next = next_job(lock, me, now);
        if (next) {
            begin(me, *next, now);
        }
        lock.unlock();
        job = std::move(next);
    }
    me.python->release();
    lock.lock();
}

void Dispatcher::begin(Thread& me, Job& job, TimePoint now) {
    me.running = true;
    me.started = now;
    me.job = &job;
}

/// Takes the job of a thread that waits for the GIL; false when somebody else has.
bool Dispatcher::change(Thread& thread, Stage to) {
    Stage expected = Stage::waits;
    return thread.stage.compare_exchange_strong(expected, to);
}

void Dispatcher::finish(Thread& me,
                        const Job& job,
                        const Answer& answer,
                        const std::string& encoded) {
    me.running = false;
    queues_.finished();
    if (job.route != nullptr) {
        job.route->run_time.add(answer.reply.run_us);
    }
    if (answer.ended != Answer::Ended::no) {
        append_end({answer.reply.id,
                    answer.reply.slot,
                    answer.reply.run_us,
                    answer.ended == Answer::Ended::whole});
    } else if (!answer.deferred) {
        append(answer.reply, encoded);
    }
    if (leader_ != &me) {
        wake_leader();
    }
    tell_main();
}

JobRef Dispatcher::next_job(Lock& lock, Thread& me, TimePoint now) {
    if (leader_ != &me) {
        return next_for_follower(me);
    }
    if (now - served_at_ >= kServeEvery) {
        traffic_at_ = now;
        serve(lock);
    }
    return next_for_leader();
}

JobRef Dispatcher::next_for_leader() {
    std::uint32_t handed = 0;
    JobRef job = queues_.next_for_leader(handed);
    wake_followers(handed);
    return job;
}

void Dispatcher::append(const proto::Reply& reply, const std::string& encoded) {
    if (encoded.empty()) {
        proto::encode(reply, outbox_);
    } else {
        outbox_ += encoded;
    }
    if (!reply.more) {
        ++served_;
        bodies_.close(reply.id);
    }
}

void Dispatcher::append_end(const proto::End& end) {
    proto::encode(end, outbox_);
    ++served_;
    bodies_.close(end.id);
}

// ---- ReplySink ----

void Dispatcher::post(const proto::Reply& reply, bool now) {
    const std::string encoded = encoded_if_large(reply);
    gil_at_.store(SteadyClock::now().time_since_epoch().count(), std::memory_order_relaxed);
    const Lock lock(mutex_);
    append(reply, encoded);
    if (now) {
        wake_leader();
    }
}

void Dispatcher::post_chunk(const proto::Chunk& chunk, bool now) {
    gil_at_.store(SteadyClock::now().time_since_epoch().count(), std::memory_order_relaxed);
    const Lock lock(mutex_);
    proto::encode(chunk, outbox_);
    if (now || outbox_.size() >= kLargeOutbox) {
        wake_leader();
    }
}

void Dispatcher::post_end(const proto::End& end) {
    const Lock lock(mutex_);
    append_end(end);
}

void Dispatcher::post_credit(const proto::Credit& credit) {
    const Lock lock(mutex_);
    proto::encode(credit, outbox_);
    wake_leader();
}

void Dispatcher::flush() {
    const Lock lock(mutex_);
    if (!outbox_.empty()) {
        wake_leader();
    }
    tell_main();
}

void Dispatcher::deferred_begins() {
    const Lock lock(mutex_);
    ++deferred_;
}

void Dispatcher::deferred_ends() {
    const Lock lock(mutex_);
    --deferred_;
    tell_main();
}

}  // namespace typhon::worker
