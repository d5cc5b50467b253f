#include "pyworker/module.hpp"

#include <pybind11/embed.h>
#include <pybind11/stl.h>

#include "pyworker/async_bridge.hpp"
#include "pyworker/inbound_reader.hpp"
#include "pyworker/request_object.hpp"

namespace py = pybind11;

namespace typhon::worker {

void bind(py::module_& module) {
    module.doc() = "The native side of a Typhon worker.";
    add_request_type(module);
    module.def("current_request", &CurrentRequest::get);
    py::class_<InboundReader>(module, "Inbound")
        .def_property_readonly("id", &InboundReader::id)
        .def("read", &InboundReader::read)
        .def("try_read", &InboundReader::try_read);
    py::class_<AsyncStream>(module, "AsyncStream")
        .def_property_readonly("body", &AsyncStream::body)
        .def("send", &AsyncStream::send);
    py::class_<AsyncBridge>(module, "AsyncBridge")
        .def("fd", &AsyncBridge::fd)
        .def("take", &AsyncBridge::take)
        .def("cancelled", &AsyncBridge::cancelled)
        .def("granted", &AsyncBridge::granted)
        .def("fed", &AsyncBridge::fed)
        .def("complete", &AsyncBridge::complete)
        .def("end", &AsyncBridge::end)
        .def("log", &AsyncBridge::log)
        .def("fail", &AsyncBridge::fail)
        .def("flush", &AsyncBridge::flush);
}

void keep_registration() noexcept {}

}  // namespace typhon::worker

// NOLINTNEXTLINE(readability-identifier-naming): the macro makes the names
PYBIND11_EMBEDDED_MODULE(_typhon, module) {
    typhon::worker::bind(module);
}
