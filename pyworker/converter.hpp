// What a handler returned or raised, as an answer: the common results here, all others in
// typhon._runtime.
//
// Everything needs the GIL. The only place where a Python exception becomes a reply.
#pragma once

#include <pybind11/pybind11.h>

#include "pyworker/answer.hpp"

namespace typhon::worker {

class __attribute__((visibility("hidden"))) Converter {
public:
    /// `runtime` is the module typhon._runtime. Throws error_already_set when it lacks a function.
    Converter(const pybind11::module_& runtime, bool debug);

    /// Fills `answer` from an exact dict, list, str, bytes or None, and takes what it needs of it;
    /// false for any other result. Never throws. Here and below, what is larger than the gateway
    /// reads (proto::kMaxBytes) is logged and answered 500.
    [[nodiscard]] bool common(Answer& answer, pybind11::object& result, PyObject* request) const;

    /// Fills `answer` from a result for which common() was false; `answer.stream` as below. Never
    /// throws.
    void other(Answer& answer, const pybind11::object& result, PyObject* request) const;

    /// Both. `answer.stream` is set when the answer comes in pieces, of which the first is its
    /// body.
    void result(Answer& answer, pybind11::object result, PyObject* request) const;

    /// The same where nobody would read a stream: one is answered 500.
    void whole(Answer& answer, pybind11::object result, PyObject* request) const;

    /// Fills `answer` from the Python exception that is set, and clears it. Never throws.
    void raised(Answer& answer, PyObject* request) const;

    /// Fills `answer` from an exception. Never throws.
    void exception(Answer& answer, const pybind11::object& exception, PyObject* request) const;

private:
    [[nodiscard]] bool fill(Answer& answer, pybind11::object& result) const;
    [[nodiscard]] bool json(Answer& answer, const pybind11::object& result) const;

    pybind11::object json_dumps_;
    pybind11::object convert_result_;
    pybind11::object convert_exception_;
    pybind11::object debug_;
};

}  // namespace typhon::worker
