// The embedded CPython: configured in full here, so that neither PATH nor the environment decides
// what it is.
//
// Never finalized: threads of user code may still run at the end, and Py_FinalizeEx would wait for
// them or crash (see python_stop.hpp).
#pragma once

#include <string>

#include "pyworker/worker_options.hpp"

namespace typhon::worker {

/// Starts the interpreter on the calling thread, which then holds the GIL and is Python's main
/// thread.
///
/// `options.python` becomes sys.executable; when it lies in a virtual environment, that one is
/// active. sys.path begins with the app and the framework directory. No bytecode is written, no
/// signal handler is Python's, standard output is line-buffered, a crash prints the Python stacks
/// (faulthandler). Throws StartFailure ("interpreter").
void start_interpreter(const WorkerOptions& options);

}  // namespace typhon::worker
