// The threads that answer the admin socket: one for each request that is under way, made when it is
// needed and kept. So a status is answered however many reloads wait for their outcome.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include <httplib.h>

namespace typhon {

class RequestThreads final : public httplib::TaskQueue {
public:
    /// More requests than this wait for one of them.
    static constexpr std::size_t kMost = 128;

    /// Makes the first thread; throws std::system_error when there can be none.
    RequestThreads();

    void enqueue(std::function<void()> request) override;
    /// Answers what waits, and ends the threads. Blocks until then.
    void shutdown() override;

private:
    void add_thread();
    void work();

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> waiting_;
    std::vector<std::thread> threads_;
    std::size_t idle_ = 0;
    bool ended_ = false;
};

}  // namespace typhon
