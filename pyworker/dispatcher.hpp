// The dispatch threads of a worker: leader and followers.
//
// There are as many back threads as handlers may run at once, and two front threads of the
// gateway's priority (back threads give way, see --worker-nice). The leader, a front thread unless
// both are held up, holds the socket: it receives a batch and runs quick handlers itself, all of a
// batch under one acquisition of the GIL; jobs of slow routes it hands to back threads. While there
// is traffic one follower, the watcher, looks each millisecond: when the leader has been away from
// the socket for a millisecond (a handler blocks), the watcher becomes the leader, sends the
// replies that wait, answers PING (that needs no GIL) and goes on. The old leader becomes a
// follower when its handler ends. All other followers sleep. A front thread that is free again
// relieves a leader from the back.
//
// One mutex guards all that threads share, the role of leader included; who is leader, and is
// "serving", may use the socket without it. The mutex is never held while a thread waits for the
// GIL, and no Python object is touched under it. Threads are never joined: the process ends by
// _exit (python_stop.hpp).
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "pyworker/async_intake.hpp"
#include "pyworker/channel.hpp"
#include "pyworker/early_thread.hpp"
#include "pyworker/inbound_stream.hpp"
#include "pyworker/inbox.hpp"
#include "pyworker/job_queues.hpp"
#include "pyworker/python_thread.hpp"
#include "pyworker/reply_sink.hpp"
#include "pyworker/runner.hpp"
#include "pyworker/stack_text.hpp"
#include "pyworker/stream_table.hpp"

namespace typhon::worker {

class __attribute__((visibility("hidden"))) Dispatcher final : public ReplySink {
public:
    using TimePoint = proto::SteadyClock::time_point;
    using Lock = std::unique_lock<std::mutex>;

    Dispatcher(Channel& channel,
               RouteTable& routes,
               Runner& runner,
               AsyncIntake& intake,
               std::uint32_t threads);

    static constexpr std::size_t kFrontThreads = 2;
    using FrontThreads = std::array<EarlyThread, kFrontThreads>;

    /// Starts the threads and then sends `ready`. The GIL must not be held.
    void start(const proto::Ready& ready, FrontThreads& front);

    // ---- for the main thread, which keeps house; the GIL must not be held ----

    enum class Event : std::uint8_t { refresh, drained };
    /// Blocks until figures are to be refreshed, or everything received before DRAIN has been
    /// answered (or its time is over).
    [[nodiscard]] Event wait_event();
    /// The main thread has the GIL, and knows the pool's processes.
    void refreshed(std::vector<std::uint32_t> pool_pids);
    /// Of DRAIN; never, when none came.
    [[nodiscard]] proto::Deadline drain_deadline();
    /// Says BYE and closes the socket. Blocks at most `patience`; false when it was not enough.
    bool close(std::chrono::milliseconds patience);

    /// What each thread that runs handlers does. Any thread, with or without the GIL; blocks at
    /// most a second, and is empty then.
    [[nodiscard]] std::vector<ThreadNote> notes();

    // ---- ReplySink ----
    void post(const proto::Reply& reply, bool now) override;
    void flush() override;
    void post_chunk(const proto::Chunk& chunk, bool now) override;
    void post_end(const proto::End& end) override;
    void post_credit(const proto::Credit& credit) override;
    void deferred_begins() override;
    void deferred_ends() override;

private:
    /// Where the leader is.
    enum class Leader : std::uint8_t { away, serving, asleep };

    /// Of a thread that is `running`. Who changes it from `waits` has the job: the thread, or
    /// cancel().
    enum class Stage : std::uint8_t {
        waits,      // for the GIL
        runs,       // has the GIL
        withdrawn,  // waits for the GIL, but its job has been answered
    };

    struct Thread {
        std::string name;
        bool front = false;
        std::condition_variable wake;
        bool woken = false;
        bool running = false;
        std::atomic<Stage> stage = Stage::waits;
        TimePoint started;        // of the handler that runs
        Job* job = nullptr;       // valid while `running`
        std::uint64_t ident = 0;  // as threading.get_ident() gives it
        PythonThread* python = nullptr;
    };

    // Roles (dispatcher_roles.cpp). All want the mutex, and hold it when they return.
    void thread_main(Thread& me);
    void lead(Lock& lock, Thread& me);
    void watch(Lock& lock, Thread& me);
    void sleep(Lock& lock, Thread& me);
    void take_over(Thread& me, TimePoint now);
    [[nodiscard]] bool relieved(const Thread& me);
    [[nodiscard]] std::vector<Thread*>& sleepers(const Thread& thread);
    [[nodiscard]] Thread* pick_watcher();
    [[nodiscard]] JobRef next_for_follower(const Thread& me);
    void want_watcher(TimePoint now);
    void wake_followers(std::uint32_t count);
    void wake(Thread& thread);
    void wake_leader();

    // Running (dispatcher.cpp)
    void run(Lock& lock, Thread& me, JobRef job);
    [[nodiscard]] static bool change(Thread& thread, Stage to);
    [[nodiscard]] JobRef next_job(Lock& lock, Thread& me, TimePoint now);
    [[nodiscard]] JobRef next_for_leader();
    void begin(Thread& me, Job& job, TimePoint now);
    void finish(Thread& me, const Job& job, const Answer& answer, const std::string& encoded);
    /// `encoded` is the reply as bytes when that has been done already, else empty.
    void append(const proto::Reply& reply, const std::string& encoded);
    void append_end(const proto::End& end);

    // The socket (dispatcher_socket.cpp)
    bool serve(Lock& lock);
    void wait(Lock& lock);
    void close_channel(Lock& lock);
    void take_inbox(TimePoint now);
    void take_jobs(TimePoint now);
    void cancel(std::uint64_t id);
    void recall(std::uint64_t id);
    void give_back(const JobRef& job);
    [[nodiscard]] JobRef withdraw(std::uint64_t id);
    void answer_ping(std::uint64_t nonce, TimePoint now);
    void tell_leaving(TimePoint now);
    [[nodiscard]] proto::Pong figures(TimePoint now) const;
    [[nodiscard]] std::string note(const Thread& thread, TimePoint now) const;
    [[nodiscard]] std::string event_loop_note(TimePoint now) const;
    [[nodiscard]] std::uint32_t oldest_ms(TimePoint now) const;
    [[nodiscard]] bool quiet(TimePoint now) const;
    void tell_main();

    Channel& channel_;
    Runner& runner_;
    AsyncIntake& intake_;
    StreamTable& streams_;
    const std::uint32_t limit_;  // handlers that run at once

    InboundTable bodies_{*this};

    // The leader's own, while it serves
    Inbox inbox_;
    std::string sending_;

    std::atomic<TimePoint::rep> gil_at_;  // when a thread last had the GIL

    std::mutex mutex_;
    std::vector<std::unique_ptr<Thread>> threads_;
    std::size_t begun_ = 0;  // of them
    std::vector<Thread*> sleeping_front_;
    std::vector<Thread*> sleeping_back_;
    Thread* leader_ = nullptr;
    Thread* watcher_ = nullptr;
    Leader leader_state_ = Leader::away;
    bool leader_woken_ = false;
    bool watch_wanted_ = false;
    TimePoint served_at_;   // when the leader last was at the socket
    TimePoint traffic_at_;  // when a job last came or ended
    bool alone_ =
        false;  // one job alone came last, since the leader waited: one client asks in turn
    JobQueues queues_;
    std::string outbox_;
    std::uint64_t served_ = 0;
    std::uint32_t deferred_ = 0;
    std::vector<std::uint32_t> pool_pids_;

    std::condition_variable main_wake_;
    bool refresh_wanted_ = false;
    bool announced_ = false;  // READY is on its way
    bool leaving_ = false;
    bool draining_ = false;
    bool closing_ = false;
    bool closed_ = false;
    proto::Deadline drain_deadline_;
};

}  // namespace typhon::worker
