// `_typhon.Request`: a request as handlers see it, over the received bytes.
//
// A heap type by hand, because making an instance costs a third of a pybind11 one. Fields are
// decoded when they are first read, and kept. Everything here needs the GIL.
#pragma once

#include <pybind11/pybind11.h>

#include "pyworker/batch.hpp"

namespace typhon::worker {

/// Makes the type and adds it to the module. Once. Throws error_already_set.
void add_request_type(pybind11::module_& module);

/// A new instance; null with a Python exception set when there is no memory.
[[nodiscard]] PyObject* new_request(const JobRef& job);

/// The job of a request. Throws pybind11::type_error when `object` is none.
[[nodiscard]] const JobRef& job_of(PyObject* object);

/// Notes which request the handler on this thread serves, for `_typhon.current_request()`.
class CurrentRequest {
public:
    /// `request` must outlive this.
    explicit CurrentRequest(PyObject* request) noexcept;
    CurrentRequest(const CurrentRequest&) = delete;
    CurrentRequest& operator=(const CurrentRequest&) = delete;
    CurrentRequest(CurrentRequest&&) = delete;
    CurrentRequest& operator=(CurrentRequest&&) = delete;
    ~CurrentRequest();

    /// That of the calling thread, or None.
    [[nodiscard]] static pybind11::object get();

private:
    PyObject* before_;
};

}  // namespace typhon::worker
