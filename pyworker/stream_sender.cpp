#include "pyworker/stream_sender.hpp"

#include <string_view>

namespace py = pybind11;

namespace typhon::worker {

namespace {

using Outcome = StreamCredit::Outcome;

/// Nothing that a generator does at its end reaches the client.
void close(const py::object& body) {
    if (!PyObject_HasAttrString(body.ptr(), "close")) {
        return;
    }
    const auto closed =
        py::reinterpret_steal<py::object>(PyObject_CallMethod(body.ptr(), "close", nullptr));
    if (!closed) {
        PyErr_WriteUnraisable(body.ptr());
    }
}

bool wait_for_credit(StreamCredit& credit, std::size_t bytes) {
    Outcome outcome = credit.try_take(bytes);
    if (outcome == Outcome::none_left) {
        const py::gil_scoped_release released;
        outcome = credit.take(bytes);
    }
    return outcome == Outcome::taken;
}

/// False when it was cut off: nobody wants the rest, or `failed`, with a Python exception set.
bool pump(const Answer& answer, StreamCredit& credit, ReplySink& sink, bool& failed) {
    while (auto piece = py::reinterpret_steal<py::object>(PyIter_Next(answer.stream.ptr()))) {
        const std::string_view bytes{PyBytes_AS_STRING(piece.ptr()),
                                     static_cast<std::size_t>(PyBytes_GET_SIZE(piece.ptr()))};
        if (!wait_for_credit(credit, bytes.size())) {
            return false;
        }
        sink.post_chunk({answer.reply.id, answer.reply.slot, bytes}, true);
    }
    failed = PyErr_Occurred() != nullptr;
    return !failed;
}

}  // namespace

void send_stream(Answer& answer,
                 PyObject* request,
                 const Converter& converter,
                 StreamTable& streams,
                 ReplySink& sink) {
    const auto credit = streams.open(answer.reply.id, answer.reply.body.size());
    answer.reply.more = true;
    sink.post(answer.reply, true);
    bool failed = false;
    answer.ended = pump(answer, *credit, sink, failed) ? Answer::Ended::whole : Answer::Ended::cut;
    streams.close(answer.reply.id);
    if (failed) {
        Answer unsent;  // the client has its head already; the log gets the traceback
        converter.raised(unsent, request);
    }
    close(answer.stream);
}

AsyncStream::AsyncStream(const Answer& answer, StreamTable& streams, ReplySink& sink)
    : streams_(streams),
      sink_(sink),
      id_(answer.reply.id),
      slot_(answer.reply.slot),
      body_(answer.stream),
      credit_(streams.open(id_, answer.reply.body.size())) {}

AsyncStream::~AsyncStream() {
    streams_.close(id_);
}

bool AsyncStream::send(const py::bytes& piece) {
    const std::string_view bytes(piece);
    const Outcome outcome = credit_->try_take(bytes.size());
    if (outcome == Outcome::taken) {
        sink_.post_chunk({id_, slot_, bytes}, false);
    }
    return outcome == Outcome::taken;
}

}  // namespace typhon::worker
