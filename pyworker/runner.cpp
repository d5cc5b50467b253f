#include "pyworker/runner.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "pyworker/own_context.hpp"
#include "pyworker/refusal.hpp"
#include "pyworker/request_object.hpp"
#include "pyworker/route_table.hpp"
#include "pyworker/stream_sender.hpp"

namespace py = pybind11;

namespace typhon::worker {

using proto::SteadyClock;

std::uint32_t span_us(SteadyClock::time_point start, SteadyClock::time_point end) {
    const auto span = std::chrono::duration_cast<std::chrono::microseconds>(end - start).count();
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(span, 0, UINT32_MAX));
}

Runner::Runner(const Converter& converter,
               proto::Ledger& ledger,
               StreamTable& streams,
               py::object pool)
    : converter_(converter),
      ledger_(ledger),
      streams_(streams),
      pool_(std::move(pool)),
      for_request_(py::getattr(pool_, "for_request", py::none())),
      future_type_(py::module_::import("concurrent.futures").attr("Future")),
      add_done_callback_("add_done_callback") {}

void Runner::run(const JobRef& job, SteadyClock::time_point now, ReplySink& sink, Answer& answer) {
    answer.reply.id = job->request.id;
    answer.reply.slot = job->request.slot;
    if (refused(*job, now, answer)) {
        return;
    }
    const OwnContext context;
    const auto request = py::reinterpret_steal<py::object>(new_request(job));
    if (!request || !context) {
        PyErr_Clear();
        answer_error(answer, *job, proto::ErrorCode::internal);
        return;
    }
    auto result = py::reinterpret_steal<py::object>(call(*job, request.ptr()));
    if (!result) {
        converter_.raised(answer, request.ptr());
    } else if (converter_.common(answer, result, request.ptr())) {
        return;
    } else if (is_future(result.ptr())) {
        defer(answer, result, request, sink);
    } else {
        const CurrentRequest noted(request.ptr());  // for a generator, too
        converter_.other(answer, result, request.ptr());
        if (answer.stream) {
            send_stream(answer, request.ptr(), converter_, streams_, sink);
        }
    }
}

PyObject* Runner::call(const Job& job, PyObject* request) {
    ledger_.mark(job.request.slot, job.request.id);
    py::object pool;
    if (job.route->wants_pool) {
        pool = pool_of(request);
        if (!pool) {
            return nullptr;
        }
    }
    const CurrentRequest noted(request);
    std::array<PyObject*, 3> arguments{nullptr, request, pool.ptr()};
    const std::size_t count = job.route->wants_pool ? 2 : 1;
    return PyObject_Vectorcall(
        job.route->call, arguments.data() + 1, count | PY_VECTORCALL_ARGUMENTS_OFFSET, nullptr);
}

/// The pool for the tasks of one request, which have its time; null with a Python exception set.
py::object Runner::pool_of(PyObject* request) const {
    if (for_request_.is_none()) {
        return pool_;
    }
    return py::reinterpret_steal<py::object>(PyObject_CallOneArg(for_request_.ptr(), request));
}

bool Runner::is_future(PyObject* result) const {
    return PyObject_TypeCheck(result, reinterpret_cast<PyTypeObject*>(future_type_.ptr())) != 0 ||
           PyObject_HasAttr(result, add_done_callback_.ptr()) != 0;
}

void Runner::defer(Answer& answer,
                   const py::object& future,
                   const py::object& request,
                   ReplySink& sink) {
    const auto started = SteadyClock::now();
    sink.deferred_begins();
    try {
        const py::cpp_function when_done([this, request, started, &sink](const py::object& done) {
            finish(done, request, started, sink);
        });
        future.attr(add_done_callback_)(when_done);
        answer.deferred = true;
    } catch (py::error_already_set& error) {
        error.restore();
        converter_.raised(answer, request.ptr());
        sink.deferred_ends();
    }
}

void Runner::finish(const py::object& future,
                    const py::object& request,
                    SteadyClock::time_point started,
                    ReplySink& sink) const {
    const Job& job = *job_of(request.ptr());
    Answer answer;
    answer.reply.id = job.request.id;
    answer.reply.slot = job.request.slot;
    auto result =
        py::reinterpret_steal<py::object>(PyObject_CallMethod(future.ptr(), "result", nullptr));
    if (result) {
        converter_.whole(answer, std::move(result), request.ptr());
    } else {
        converter_.raised(answer, request.ptr());
    }
    answer.reply.run_us = span_us(started, SteadyClock::now());
    sink.post(answer.reply, true);
    sink.deferred_ends();
}

}  // namespace typhon::worker
