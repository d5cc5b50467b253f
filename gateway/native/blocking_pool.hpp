// A bounded thread pool for native handlers that block and for content providers.
//
// It is not the relay's queue and not the worker's process pool. Any thread may call it. The owner
// stops it (or destroys it, which stops it) before the loops that its jobs post to.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace typhon {

class BlockingPool {
public:
    using Job = std::function<void()>;

    /// `threads` run jobs; at most `queue` jobs wait for one. Threads start with the first job.
    BlockingPool(std::size_t threads, std::size_t queue);
    ~BlockingPool();
    BlockingPool(const BlockingPool&) = delete;
    BlockingPool& operator=(const BlockingPool&) = delete;
    BlockingPool(BlockingPool&&) = delete;
    BlockingPool& operator=(BlockingPool&&) = delete;

    /// Queues `job`, which must not throw. False, and the job is dropped, when the queue is full,
    /// the pool was stopped, or the system lets it have no thread at all. Never blocks.
    [[nodiscard]] bool submit(Job job);

    /// Runs what waits and joins the threads: as long as the jobs take. Idempotent.
    void stop();

private:
    void run();
    void start_thread();

    const std::size_t max_threads_;
    const std::size_t max_queue_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;
    std::vector<std::thread> threads_;
    std::size_t idle_ = 0;
    bool stopping_ = false;
    bool told_ = false;  // that it has too few threads
};

}  // namespace typhon
