#include "pyworker/async_bridge.hpp"

#include <utility>

#include "pyworker/refusal.hpp"
#include "pyworker/request_object.hpp"

namespace py = pybind11;

namespace typhon::worker {

using proto::SteadyClock;

template <class Fill>
void AsyncBridge::reply(const Job& job, Fill fill) {
    Answer answer;
    answer.reply.id = job.request.id;
    answer.reply.slot = job.request.slot;
    fill(answer);
    answer.reply.run_us = span_us(intake_.end(job), SteadyClock::now());
    sink_.post(answer.reply, false);
}

py::list AsyncBridge::take(std::size_t limit) {
    py::list started;
    bool refused_any = false;
    while (started.size() < limit) {
        const JobRef job = intake_.take(SteadyClock::now());
        if (!job) {
            break;
        }
        refused_any = !start(job, started) || refused_any;
    }
    if (refused_any) {
        sink_.flush();
    }
    return started;
}

/// False when the request has been answered already.
bool AsyncBridge::start(const JobRef& job, py::list& started) {
    Answer answer;
    if (refused(*job, SteadyClock::now(), answer)) {
        answer.reply.id = job->request.id;
        answer.reply.slot = job->request.slot;
        intake_.end(*job);
        sink_.post(answer.reply, false);
        return false;
    }
    const auto request = py::reinterpret_steal<py::object>(new_request(job));
    if (!request) {
        throw py::error_already_set();
    }
    const auto coroutine = py::reinterpret_steal<py::object>(runner_.call(*job, request.ptr()));
    if (!coroutine) {
        reply(*job, [&](Answer& failed) { runner_.converter().raised(failed, request.ptr()); });
        return false;
    }
    started.append(py::make_tuple(job->request.id, request, coroutine));
    return true;
}

std::unique_ptr<AsyncStream> AsyncBridge::complete(const py::object& request, py::object result) {
    const Job& job = *job_of(request.ptr());
    Answer answer;
    answer.reply.id = job.request.id;
    answer.reply.slot = job.request.slot;
    runner_.converter().result(answer, std::move(result), request.ptr());
    std::unique_ptr<AsyncStream> stream;
    if (answer.stream) {
        stream = std::make_unique<AsyncStream>(answer, runner_.streams(), sink_);
        answer.reply.more = true;
    } else {
        answer.reply.run_us = span_us(intake_.end(job), SteadyClock::now());
    }
    sink_.post(answer.reply, false);
    return stream;
}

void AsyncBridge::end(const py::object& request, bool whole) {
    const Job& job = *job_of(request.ptr());
    const std::uint32_t run_us = span_us(intake_.end(job), SteadyClock::now());
    sink_.post_end({job.request.id, job.request.slot, run_us, whole});
}

void AsyncBridge::log(const py::object& request, const py::object& exception) {
    Answer unsent;
    runner_.converter().exception(unsent, exception, request.ptr());
}

void AsyncBridge::fail(const py::object& request, const py::object& exception) {
    reply(*job_of(request.ptr()),
          [&](Answer& answer) { runner_.converter().exception(answer, exception, request.ptr()); });
}

}  // namespace typhon::worker
