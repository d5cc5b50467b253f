// One worker from start to exit: interpreter, application, READY, serving, drain, BYE.
//
// Python is never finalized: threads of user code may still run, and Py_FinalizeEx would wait for
// them or crash under them. Instead App::stop() does what it would do for the application (join
// threads, run exit functions, flush), within a bound, and the process ends by _exit().
#pragma once

namespace typhon::worker {

inline constexpr int kExitStartFailed = 1;
inline constexpr int kExitUsage = 2;

/// Runs until DRAIN and returns the exit code, or ends the process itself: exit 0 after a drain, 1
/// when the start failed (the gateway has been told why), 2 when the environment is not one that
/// the gateway makes.
int run_worker();

}  // namespace typhon::worker
