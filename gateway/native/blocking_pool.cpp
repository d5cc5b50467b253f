#include "gateway/native/blocking_pool.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include <spdlog/spdlog.h>

namespace typhon {

BlockingPool::BlockingPool(std::size_t threads, std::size_t queue)
    : max_threads_(std::max<std::size_t>(threads, 1)), max_queue_(queue) {}

BlockingPool::~BlockingPool() {
    stop();
}

bool BlockingPool::submit(Job job) {
    {
        const std::lock_guard lock(mutex_);
        const std::size_t startable = max_threads_ - threads_.size();
        if (stopping_ || jobs_.size() >= idle_ + startable + max_queue_) {
            return false;
        }
        if (jobs_.size() >= idle_ && startable > 0) {
            start_thread();
        }
        if (threads_.empty()) {
            return false;
        }
        jobs_.push_back(std::move(job));
    }
    changed_.notify_one();
    return true;
}

/// Where the system has no thread left the others do the work.
void BlockingPool::start_thread() {
    try {
        threads_.emplace_back([this] { run(); });
        ++idle_;
    } catch (const std::system_error& error) {
        if (!std::exchange(told_, true)) {
            spdlog::warn(
                "a pool has {} threads, not {}: {}; raise the limit of threads (TasksMax=)",
                threads_.size(),
                max_threads_,
                error.what());
        }
    }
}

void BlockingPool::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (jobs_.empty()) {
            return;
        }
        Job job = std::move(jobs_.front());
        jobs_.pop_front();
        --idle_;
        lock.unlock();
        job();
        job = nullptr;
        lock.lock();
        ++idle_;
    }
}

void BlockingPool::stop() {
    std::vector<std::thread> threads;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        threads.swap(threads_);
    }
    changed_.notify_all();
    for (std::thread& thread : threads) {
        thread.join();
    }
}

}  // namespace typhon
