#include "pyworker/inbound_reader.hpp"

#include <string>

namespace py = pybind11;

namespace typhon::worker {

namespace {

using Outcome = InboundStream::Outcome;

/// What Python sees of an outcome other than none_yet.
py::bytes shown(Outcome outcome, const std::string& piece) {
    if (outcome == Outcome::cut || outcome == Outcome::closed) {
        const py::object fault =
            py::module_::import("typhon._body").attr("fault")(outcome == Outcome::closed);
        PyErr_SetObject(fault.get_type().ptr(), fault.ptr());
        throw py::error_already_set();
    }
    return {piece.data(), outcome == Outcome::piece ? piece.size() : 0};
}

}  // namespace

py::bytes InboundReader::read() {
    std::string piece;
    Outcome outcome = Outcome::none_yet;
    {
        const py::gil_scoped_release released;
        outcome = stream_->read(piece);
    }
    return shown(outcome, piece);
}

py::object InboundReader::try_read() {
    std::string piece;
    const Outcome outcome = stream_->try_read(piece);
    if (outcome == Outcome::none_yet) {
        return py::none();
    }
    return shown(outcome, piece);
}

py::object inbound_of(const Job& job) {
    return job.inbound == nullptr ? py::none() : py::cast(InboundReader(job.inbound));
}

}  // namespace typhon::worker
