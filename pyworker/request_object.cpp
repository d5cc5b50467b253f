#include "pyworker/request_object.hpp"

#include <array>
#include <limits>
#include <new>

#include <structmember.h>

#include "proto/request_id.hpp"
#include "pyworker/inbound_stream.hpp"
#include "pyworker/request_fields.hpp"
#include "pyworker/route_table.hpp"

namespace py = pybind11;

namespace typhon::worker {

namespace {

using Values = std::array<PyObject*, kRequestFields>;

struct RequestObject {
    PyObject_HEAD PyObject* dict;  // what handlers and decorators add; usually null
    PyObject* weak_references;
    JobRef job;
    Values values;  // null: not read yet
};

PyTypeObject* request_type = nullptr;
thread_local PyObject* current = nullptr;

RequestObject& self_of(PyObject* self) {
    return *reinterpret_cast<RequestObject*>(self);
}

/// Runs `make` and turns what it throws into a Python exception.
// NOLINTBEGIN(bugprone-exception-escape): restore() throws when it is called twice
template <class Make>
PyObject* guarded(Make make) noexcept {
    try {
        return make().release().ptr();
    } catch (py::error_already_set& error) {
        error.restore();
    } catch (const std::exception& error) {
        PyErr_SetString(PyExc_RuntimeError, error.what());
    }
    return nullptr;
}
// NOLINTEND(bugprone-exception-escape)

PyObject* get_field(PyObject* object, void* closure) {
    RequestObject& self = self_of(object);
    const auto* field = static_cast<const RequestField*>(closure);
    PyObject*& value = self.values[static_cast<std::size_t>(field - request_fields().data())];
    if (value == nullptr) {
        PyObject* made = guarded([&] { return field->make(*self.job, object); });
        if (made == nullptr) {
            return nullptr;
        }
        if (value == nullptr) {
            value = made;
        } else {  // another thread was first: all see the same
            Py_DECREF(made);
        }
    }
    Py_INCREF(value);
    return value;
}

PyObject* get_route(PyObject* object, void* /*closure*/) {
    PyObject* pattern = self_of(object).job->route->pattern;
    Py_INCREF(pattern);
    return pattern;
}

PyObject* get_deadline(PyObject* object, void* /*closure*/) {
    const Job& job = *self_of(object).job;
    const proto::Deadline deadline =
        job.inbound == nullptr ? job.deadline : job.inbound->deadline();
    if (deadline.never()) {
        return PyFloat_FromDouble(std::numeric_limits<double>::infinity());
    }
    const std::chrono::duration<double> left = deadline.at() - proto::SteadyClock::now();
    return PyFloat_FromDouble(left.count() > 0 ? left.count() : 0.0);
}

/// A method that typhon._body has for every kind of request.
template <const char* const& kName>
PyObject* call_method(PyObject* object, PyObject* arguments) {
    return guarded([&] {
        const py::object function = py::module_::import("typhon._body").attr(kName);
        return function(py::handle(object), *py::reinterpret_borrow<py::args>(arguments));
    });
}

constexpr const char* kStream = "stream";
constexpr const char* kRead = "read";
constexpr const char* kAread = "aread";

std::array<PyMethodDef, 4>& methods() {
    static std::array<PyMethodDef, 4> table{{
        {kStream, call_method<kStream>, METH_VARARGS, "the body as it arrives"},
        {kRead, call_method<kRead>, METH_VARARGS, "so many bytes of the body, or what is left"},
        {kAread, call_method<kAread>, METH_VARARGS, "the same, for coroutines"},
        {nullptr, nullptr, 0, nullptr},
    }};
    return table;
}

PyObject* represent(PyObject* object) {
    const proto::Request& request = self_of(object).job->request;
    const std::string text = "<Request " + std::string(request.method) + " " +
                             std::string(request.path) + " " + proto::request_name(request) + ">";
    return PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace");
}

int traverse(PyObject* object, visitproc visit, void* arg) {
    RequestObject& self = self_of(object);
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(self.dict);
    for (PyObject* value : self.values) {
        Py_VISIT(value);
    }
    return 0;
}

int clear(PyObject* object) {
    RequestObject& self = self_of(object);
    Py_CLEAR(self.dict);
    for (PyObject*& value : self.values) {
        Py_CLEAR(value);
    }
    return 0;
}

void destroy(PyObject* object) {
    RequestObject& self = self_of(object);
    PyTypeObject* type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    if (self.weak_references != nullptr) {
        PyObject_ClearWeakRefs(object);
    }
    clear(object);
    self.job.~JobRef();
    PyObject_GC_Del(object);
    Py_DECREF(type);
}

// What CPython's interface wants: arrays that end with a zero entry, and live for ever.
constexpr std::size_t kGetters = kRequestFields + 3;

std::array<PyGetSetDef, kGetters + 1>& getters() {
    static std::array<PyGetSetDef, kGetters + 1> table{};
    std::size_t next = 0;
    for (const RequestField& field : request_fields()) {
        table[next++] = {field.name,
                         get_field,
                         nullptr,
                         field.doc,
                         const_cast<RequestField*>(&field)};  // NOLINT
    }
    table[next++] = {"route", get_route, nullptr, "the pattern that matched", nullptr};
    table[next++] = {"deadline", get_deadline, nullptr, "seconds left for the answer", nullptr};
    table[next] = {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, nullptr, nullptr};
    return table;
}

std::array<PyMemberDef, 3>& members() {
    static std::array<PyMemberDef, 3> table{{
        {"__dictoffset__", T_PYSSIZET, offsetof(RequestObject, dict), READONLY, nullptr},
        {"__weaklistoffset__",
         T_PYSSIZET,
         offsetof(RequestObject, weak_references),
         READONLY,
         nullptr},
        {nullptr, 0, 0, 0, nullptr},
    }};
    return table;
}

template <class Function>
void* slot(Function* function) {
    return reinterpret_cast<void*>(function);
}

}  // namespace

CurrentRequest::CurrentRequest(PyObject* request) noexcept : before_(current) {
    current = request;
}

CurrentRequest::~CurrentRequest() {
    current = before_;
}

py::object CurrentRequest::get() {
    return current == nullptr ? py::none() : py::reinterpret_borrow<py::object>(current);
}

void add_request_type(py::module_& module) {
    static std::array<PyType_Slot, 8> slots{{
        {Py_tp_dealloc, slot(destroy)},
        {Py_tp_traverse, slot(traverse)},
        {Py_tp_clear, slot(clear)},
        {Py_tp_repr, slot(represent)},
        {Py_tp_methods, methods().data()},
        {Py_tp_getset, getters().data()},
        {Py_tp_members, members().data()},
        {0, nullptr},
    }};
    static PyType_Spec spec{"_typhon.Request",
                            sizeof(RequestObject),
                            0,
                            Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                                Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
                            slots.data()};
    auto type = py::reinterpret_steal<py::object>(PyType_FromSpec(&spec));
    if (!type) {
        throw py::error_already_set();
    }
    module.add_object("Request", type);
    request_type = reinterpret_cast<PyTypeObject*>(type.release().ptr());
}

PyObject* new_request(const JobRef& job) {
    auto* self = PyObject_GC_New(RequestObject, request_type);
    if (self == nullptr) {
        return nullptr;
    }
    self->dict = nullptr;
    self->weak_references = nullptr;
    new (&self->job) JobRef(job);
    self->values.fill(nullptr);
    PyObject_GC_Track(self);
    return reinterpret_cast<PyObject*>(self);
}

const JobRef& job_of(PyObject* object) {
    if (Py_TYPE(object) != request_type) {
        throw py::type_error("a _typhon.Request was expected");
    }
    return self_of(object).job;
}

}  // namespace typhon::worker
