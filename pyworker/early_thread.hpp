// A thread that is made before its work is known, so that it keeps the priority which the process
// has at that time. (Priorities are those of threads in Linux, and only a privileged process can
// raise one again; see nice(2) and setpriority(2), "C library/kernel differences".)
#pragma once

#include <functional>
#include <future>
#include <thread>
#include <utility>

namespace typhon::worker {

class EarlyThread {
public:
    /// Starts the thread, which is never joined: it ends with its work, or with the process.
    EarlyThread() {
        std::thread([work = work_.get_future()]() mutable {
            work.wait();
            if (const auto body = body_of(work)) {
                body();
            }
        }).detach();
    }

    /// Lets the thread run `body`, which must not throw. Once.
    void run(std::function<void()> body) { work_.set_value(std::move(body)); }

private:
    /// Empty when the object was destroyed without run().
    static std::function<void()> body_of(std::future<std::function<void()>>& work) {
        try {
            return work.get();
        } catch (const std::future_error&) {
            return {};
        }
    }

    std::promise<std::function<void()>> work_;
};

}  // namespace typhon::worker
