#include "pyworker/converter.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <spdlog/spdlog.h>

#include "proto/codec.hpp"
#include "proto/limits.hpp"
#include "pyworker/request_object.hpp"
#include "pyworker/route_table.hpp"

namespace py = pybind11;

namespace typhon::worker {

namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kBytes = "application/octet-stream";

std::string_view bytes_view(PyObject* bytes) {
    return {PyBytes_AS_STRING(bytes), static_cast<std::size_t>(PyBytes_GET_SIZE(bytes))};
}

void set_body(Answer& answer, std::string_view type, std::string_view body) {
    answer.reply.status = 200;
    answer.reply.content_type = type;
    answer.reply.body = body;
}

bool text(Answer& answer, py::object& result) {
    Py_ssize_t size = 0;
    const char* data = PyUnicode_AsUTF8AndSize(result.ptr(), &size);
    if (data == nullptr) {  // half of a surrogate pair: the framework explains it
        PyErr_Clear();
        return false;
    }
    set_body(answer, kText, {data, static_cast<std::size_t>(size)});
    answer.keep = std::move(result);
    return true;
}

std::string_view bytes_item(PyObject* pair, Py_ssize_t index) {
    PyObject* item = PyTuple_Check(pair) ? PyTuple_GetItem(pair, index) : nullptr;
    if (item == nullptr || !PyBytes_Check(item)) {
        throw py::type_error("a header of an answer is no pair of bytes");
    }
    return bytes_view(item);
}

void set_headers(Answer& answer, PyObject* pairs) {
    if (!PyList_Check(pairs)) {
        throw py::type_error("the headers of an answer are no list");
    }
    const Py_ssize_t count = PyList_GET_SIZE(pairs);
    if (count == 0) {
        return;
    }
    proto::HeaderBlockWriter writer(answer.own_headers, static_cast<std::size_t>(count));
    for (Py_ssize_t index = 0; index < count; ++index) {
        PyObject* pair = PyList_GET_ITEM(pairs, index);
        writer.add(bytes_item(pair, 0), bytes_item(pair, 1));
    }
    answer.reply.headers = answer.own_headers;
}

/// From (status, content type or None, header pairs, body); keeps the tuple alive.
void set_converted(Answer& answer, py::object converted) {
    PyObject* parts = converted.ptr();
    if (!PyTuple_Check(parts) || PyTuple_GET_SIZE(parts) != 4) {
        throw py::type_error("an answer is (status, content type, headers, body)");
    }
    const long status = PyLong_AsLong(PyTuple_GET_ITEM(parts, 0));
    const bool switches = status == 101 && !PyBytes_Check(PyTuple_GET_ITEM(parts, 3));
    if (!switches && (status < 200 || status > 599)) {
        PyErr_Clear();
        throw py::value_error("the status of an answer is not from 200 to 599");
    }
    const py::handle type = PyTuple_GET_ITEM(parts, 1);
    const py::handle body = PyTuple_GET_ITEM(parts, 3);
    const bool streamed = !PyBytes_Check(body.ptr());
    const py::object first = streamed ? body.attr("first") : py::object();
    if (streamed && !PyBytes_Check(first.ptr())) {
        throw py::type_error("the body of an answer is not bytes");
    }
    Py_ssize_t size = 0;
    const char* named = type.is_none() ? "" : PyUnicode_AsUTF8AndSize(type.ptr(), &size);
    if (named == nullptr) {
        throw py::error_already_set();
    }
    set_headers(answer, PyTuple_GET_ITEM(parts, 2));
    answer.reply.status = static_cast<std::uint16_t>(status);
    answer.reply.content_type = {named, static_cast<std::size_t>(size)};
    if (streamed) {
        answer.stream = py::reinterpret_borrow<py::object>(body);
    }
    answer.reply.body = bytes_view(streamed ? first.ptr() : body.ptr());  // kept by the body
    answer.keep = std::move(converted);
}

/// The client gets the plain form of an internal error, the log the reason.
void answer_plainly(Answer& answer, PyObject* request) {
    answer.own_headers.clear();
    answer.reply.headers = {};
    answer_error(answer, *job_of(request), proto::ErrorCode::internal);
}

/// The gateway would not read it, nor what stands behind it in its frame (PROTOCOL.md, 5.7).
void refuse_too_large(Answer& answer, PyObject* request) {
    if (std::max(answer.reply.body.size(), answer.reply.headers.size()) <= proto::kMaxBytes) {
        return;
    }
    const Job& job = *job_of(request);
    spdlog::error("request {} {} {}: the answer is larger than {} MiB: stream it",
                  proto::request_name(job.request),
                  job.request.method,
                  job.route->info.pattern,
                  proto::kMaxBytes >> 20);
    answer.stream = py::object();
    answer_plainly(answer, request);
}

/// Runs `fill`, and answers plainly when it throws.
template <class Fill>
void guarded(Answer& answer, PyObject* request, Fill fill) {
    try {
        fill();
    } catch (py::error_already_set& error) {
        error.discard_as_unraisable("typhon._runtime");
        answer_plainly(answer, request);
    } catch (const std::exception& error) {
        spdlog::error("typhon._runtime: {}", error.what());
        answer_plainly(answer, request);
    }
}

}  // namespace

Converter::Converter(const py::module_& runtime, bool debug)
    : json_dumps_(runtime.attr("json_dumps")),
      convert_result_(runtime.attr("convert_result")),
      convert_exception_(runtime.attr("convert_exception")),
      debug_(py::bool_(debug)) {}

void Converter::result(Answer& answer, py::object result, PyObject* request) const {
    if (!common(answer, result, request)) {
        other(answer, result, request);
    }
}

void Converter::whole(Answer& answer, py::object result, PyObject* request) const {
    this->result(answer, std::move(result), request);
    if (answer.stream) {
        answer.stream = py::object();
        answer.own_headers.clear();
        answer.reply = {};
        answer.reply.id = job_of(request)->request.id;
        answer.reply.slot = job_of(request)->request.slot;
        PyErr_SetString(PyExc_TypeError, "a future's result cannot be a stream: return it whole");
        raised(answer, request);
    }
}

void Converter::other(Answer& answer, const py::object& result, PyObject* request) const {
    std::array<PyObject*, 2> arguments{result.ptr(), request};
    auto converted = py::reinterpret_steal<py::object>(
        PyObject_Vectorcall(convert_result_.ptr(), arguments.data(), arguments.size(), nullptr));
    if (!converted) {
        raised(answer, request);
        return;
    }
    guarded(answer, request, [&] { set_converted(answer, std::move(converted)); });
    refuse_too_large(answer, request);
}

bool Converter::common(Answer& answer, py::object& result, PyObject* request) const {
    const bool filled = fill(answer, result);
    refuse_too_large(answer, request);
    return filled;
}

bool Converter::fill(Answer& answer, py::object& result) const {
    PyObject* object = result.ptr();
    if (PyDict_CheckExact(object) || PyList_CheckExact(object)) {
        return json(answer, result);
    }
    if (PyUnicode_CheckExact(object)) {
        return text(answer, result);
    }
    if (PyBytes_CheckExact(object)) {
        set_body(answer, kBytes, bytes_view(object));
        answer.keep = std::move(result);
        return true;
    }
    if (object == Py_None) {
        answer.reply.status = 204;
        return true;
    }
    return false;
}

bool Converter::json(Answer& answer, const py::object& result) const {
    auto encoded =
        py::reinterpret_steal<py::object>(PyObject_CallOneArg(json_dumps_.ptr(), result.ptr()));
    if (!encoded || !PyBytes_Check(encoded.ptr())) {
        PyErr_Clear();  // the framework tries again, and explains it
        return false;
    }
    set_body(answer, kJson, bytes_view(encoded.ptr()));
    answer.keep = std::move(encoded);
    return true;
}

void Converter::raised(Answer& answer, PyObject* request) const {
    PyObject* type = nullptr;
    PyObject* value = nullptr;
    PyObject* trace = nullptr;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    if (trace != nullptr) {
        PyException_SetTraceback(value, trace);
    }
    Py_XDECREF(type);
    Py_XDECREF(trace);
    exception(answer, py::reinterpret_steal<py::object>(value), request);
}

void Converter::exception(Answer& answer, const py::object& exception, PyObject* request) const {
    guarded(answer, request, [&] {
        set_converted(answer, convert_exception_(exception, py::handle(request), debug_));
    });
    refuse_too_large(answer, request);
}

}  // namespace typhon::worker
