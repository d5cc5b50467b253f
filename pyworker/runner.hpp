// Runs the handler of one job on the calling thread, with the GIL held.
#pragma once

#include <cstdint>

#include <pybind11/pybind11.h>

#include "proto/deadline.hpp"
#include "proto/ledger.hpp"
#include "pyworker/answer.hpp"
#include "pyworker/converter.hpp"
#include "pyworker/reply_sink.hpp"
#include "pyworker/stream_table.hpp"

namespace typhon::worker {

/// Microseconds from `start` to `end`, for Reply::run_us.
[[nodiscard]] std::uint32_t span_us(proto::SteadyClock::time_point start,
                                    proto::SteadyClock::time_point end);

class __attribute__((visibility("hidden"))) Runner {
public:
    /// `pool` is what handlers with wants_pool get as their second argument.
    Runner(const Converter& converter,
           proto::Ledger& ledger,
           StreamTable& streams,
           pybind11::object pool);

    /// Fills `answer`, apart from run_us; `answer.deferred` when a future will give it, through
    /// `sink`. The pieces of a streamed answer go to `sink` at once, and its END is due when this
    /// returns (`answer.ended`). A job past its deadline is refused, and not marked in the ledger.
    /// Never throws.
    void run(const JobRef& job,
             proto::SteadyClock::time_point now,
             ReplySink& sink,
             Answer& answer);

    /// Marks the job as started and calls its handler: for async ones, this makes the coroutine.
    /// Null with a Python exception set when it raises.
    [[nodiscard]] PyObject* call(const Job& job, PyObject* request);

    [[nodiscard]] const Converter& converter() const noexcept { return converter_; }
    [[nodiscard]] StreamTable& streams() const noexcept { return streams_; }

private:
    [[nodiscard]] pybind11::object pool_of(PyObject* request) const;
    [[nodiscard]] bool is_future(PyObject* result) const;
    void defer(Answer& answer,
               const pybind11::object& future,
               const pybind11::object& request,
               ReplySink& sink);
    void finish(const pybind11::object& future,
                const pybind11::object& request,
                proto::SteadyClock::time_point started,
                ReplySink& sink) const;

    const Converter& converter_;
    proto::Ledger& ledger_;
    StreamTable& streams_;
    pybind11::object pool_;
    pybind11::object for_request_;  // None for a pool that knows no requests
    pybind11::object future_type_;
    pybind11::str add_done_callback_;
};

}  // namespace typhon::worker
