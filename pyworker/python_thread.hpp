// The Python side of one native thread: a thread state that lives as long as the thread, so that
// threading.local works.
#pragma once

#include <string>

#include <pybind11/pybind11.h>

namespace typhon::worker {

class PythonThread {
public:
    /// Takes the GIL for a moment. `name` is what threading.current_thread() then shows.
    explicit PythonThread(const std::string& name) : ensured_(PyGILState_Ensure()) {
        try {
            pybind11::module_::import("threading").attr("current_thread")().attr("name") = name;
        } catch (pybind11::error_already_set& error) {
            error.discard_as_unraisable("thread name");
        }
        state_ = PyEval_SaveThread();
    }
    PythonThread(const PythonThread&) = delete;
    PythonThread& operator=(const PythonThread&) = delete;
    PythonThread(PythonThread&&) = delete;
    PythonThread& operator=(PythonThread&&) = delete;
    ~PythonThread() {
        acquire();
        PyGILState_Release(ensured_);
    }

    void acquire() { PyEval_RestoreThread(state_); }
    void release() { PyEval_SaveThread(); }

private:
    PyGILState_STATE ensured_;
    PyThreadState* state_ = nullptr;
};

}  // namespace typhon::worker
