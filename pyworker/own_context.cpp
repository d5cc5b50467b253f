#include "pyworker/own_context.hpp"

namespace py = pybind11;

namespace typhon::worker {

OwnContext::OwnContext() noexcept
    : context_(py::reinterpret_steal<py::object>(PyContext_CopyCurrent())) {
    if (!context_ || PyContext_Enter(context_.ptr()) != 0) {
        PyErr_Clear();
        context_ = {};
    }
}

OwnContext::~OwnContext() {
    if (context_ && PyContext_Exit(context_.ptr()) != 0) {
        PyErr_Clear();  // somebody has entered another and not left it
    }
}

}  // namespace typhon::worker
