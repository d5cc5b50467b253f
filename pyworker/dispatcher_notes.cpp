// What each thread of the dispatcher is at, for the dump of their stacks.
#include <algorithm>
#include <thread>
#include <utility>

#include "proto/request_id.hpp"
#include "pyworker/dispatcher.hpp"

namespace typhon::worker {

using proto::SteadyClock;
using std::chrono::milliseconds;

std::vector<ThreadNote> Dispatcher::notes() {
    Lock lock(mutex_, std::defer_lock);
    const auto patience = proto::Deadline::after(milliseconds{1000});
    while (!lock.try_lock()) {
        if (patience.passed()) {
            return {};
        }
        std::this_thread::sleep_for(milliseconds{1});
    }
    const TimePoint now = SteadyClock::now();
    std::vector<ThreadNote> all;
    all.reserve(threads_.size() + 1);
    for (const auto& thread : threads_) {
        all.push_back({thread->ident, thread->name + note(*thread, now)});
    }
    all.push_back({intake_.taker(), event_loop_note(now)});
    return all;
}

std::string Dispatcher::note(const Thread& thread, TimePoint now) const {
    if (!thread.running) {
        return " is idle";
    }
    if (thread.stage == Stage::withdrawn) {
        return " waits for the GIL";
    }
    const char* how = thread.stage == Stage::runs ? " runs " : " waits for the GIL to run ";
    const Job& job = *thread.job;
    const std::string name = proto::request_name(job.request);
    return how + describe({name, job.route, thread.started, job.deadline}, now);
}

std::string Dispatcher::event_loop_note(TimePoint now) const {
    constexpr std::size_t kMostNamed = 16;
    const std::vector<RunningRequest> running = intake_.running();
    std::string text = "event loop with " + std::to_string(running.size()) + " request(s)";
    for (std::size_t index = 0; index < std::min(running.size(), kMostNamed); ++index) {
        text.append(index == 0 ? ": " : "; ").append(describe(running[index], now));
    }
    return text;
}

}  // namespace typhon::worker
