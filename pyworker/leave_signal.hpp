// Hears the signals that ask a serving worker to end. The first SIGTERM or SIGINT asks it to leave:
// the dispatcher tells the gateway, which gives the worker a successor and drains it. The second
// one ends it at once. SIGHUP, which asks the gateway for a reload, is ignored.
//
// Programs that handlers start have the defaults again, and so have processes that they fork.
#pragma once

namespace typhon::worker {

/// From now on the signals are heard; the first one writes to `wake`, an eventfd that stays open.
/// By the main thread, once in a process.
void hear_leave_signals(int wake);

/// Any thread.
[[nodiscard]] bool asked_to_leave() noexcept;

}  // namespace typhon::worker
