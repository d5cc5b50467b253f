#include "gateway/admin/request_threads.hpp"

#include <system_error>
#include <utility>

#include <spdlog/spdlog.h>

namespace typhon {

RequestThreads::RequestThreads() {
    add_thread();
}

void RequestThreads::add_thread() {
    threads_.emplace_back([this] { work(); });
}

void RequestThreads::enqueue(std::function<void()> request) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(request));
    if (waiting_.size() > idle_ && threads_.size() < kMost) {
        try {
            add_thread();
        } catch (const std::system_error& error) {  // it waits for one of those that there are
            spdlog::warn("no further thread for the admin socket: {}", error.what());
        }
    }
    wake_.notify_one();
}

void RequestThreads::shutdown() {
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) {
        thread.join();
    }
}

void RequestThreads::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        ++idle_;
        wake_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
        --idle_;
        if (waiting_.empty()) {
            return;
        }
        const std::function<void()> request = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        request();
        lock.lock();
    }
}

}  // namespace typhon
