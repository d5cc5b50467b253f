// A native thread that ends this process with its whole group when the gateway is gone, or when a
// stop takes too long. It never needs the GIL, so no handler can keep it from its work.
#pragma once

#include <atomic>
#include <thread>

#include "proto/deadline.hpp"
#include "proto/unique_fd.hpp"
#include "pyworker/wake_fd.hpp"

namespace typhon::worker {

class Lifeline {
public:
    /// `fd` is the read end of a pipe whose other end only the gateway holds; -1 for none. Owned
    /// from now on.
    explicit Lifeline(int fd);
    ~Lifeline();
    Lifeline(const Lifeline&) = delete;
    Lifeline& operator=(const Lifeline&) = delete;
    Lifeline(Lifeline&&) = delete;
    Lifeline& operator=(Lifeline&&) = delete;

    /// From `deadline` on the process is ended if it still exists. Any thread.
    void end_at(proto::Deadline deadline);

private:
    void watch();
    /// Milliseconds for poll(2): -1 for no limit.
    [[nodiscard]] int patience() const;

    proto::UniqueFd pipe_;
    WakeFd wake_;
    std::atomic<proto::SteadyClock::rep> end_at_;
    std::atomic<bool> over_ = false;
    std::thread thread_;
};

}  // namespace typhon::worker
