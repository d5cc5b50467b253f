// Writes the Python stacks of all threads to the log, with what each of them runs, whenever the
// process gets SIGQUIT: from the gateway before it kills a worker that hangs, or from a person.
//
// A native thread does it that needs neither the GIL nor a dispatch thread, so it works whatever
// handlers do. The frames are read by faulthandler while other threads may run: what it shows of a
// thread that is busy just then may be a moment old.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "proto/unique_fd.hpp"
#include "pyworker/stack_text.hpp"
#include "pyworker/wake_fd.hpp"

namespace typhon::worker {

class StackDump {
public:
    /// Tells what threads run. Called by the dump's thread; must not need the GIL, nor block long.
    using Notes = std::function<std::vector<ThreadNote>()>;

    /// SIGQUIT is heard from now on. By the main thread. At most one object in a process.
    StackDump();
    ~StackDump();
    StackDump(const StackDump&) = delete;
    StackDump& operator=(const StackDump&) = delete;
    StackDump(StackDump&&) = delete;
    StackDump& operator=(StackDump&&) = delete;

    /// Python has started: from now on there are stacks to write. With the GIL held. Throws
    /// StartFailure ("interpreter").
    void arm();

    /// Any thread. What `notes` refers to must live as long as the process.
    void set_notes(Notes notes);

private:
    void watch();
    void write();
    [[nodiscard]] std::vector<ThreadNote> notes();

    WakeFd wake_;
    proto::UniqueFd stacks_;  // a memfd that faulthandler writes to
    std::uint64_t main_thread_;
    std::atomic<bool> armed_ = false;
    std::atomic<bool> over_ = false;
    std::mutex mutex_;
    Notes notes_;
    std::thread thread_;
};

}  // namespace typhon::worker
