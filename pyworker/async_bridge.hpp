// `_typhon.AsyncBridge`: what typhon/_async.py sees of the intake and of the replies.
//
// Every method is called by the event loop's thread, with the GIL held.
#pragma once

#include <pybind11/pybind11.h>

#include "pyworker/async_intake.hpp"
#include "pyworker/reply_sink.hpp"
#include "pyworker/runner.hpp"
#include "pyworker/stream_sender.hpp"

namespace typhon::worker {

class __attribute__((visibility("hidden"))) AsyncBridge {
public:
    AsyncBridge(AsyncIntake& intake, Runner& runner, ReplySink& sink)
        : intake_(intake), runner_(runner), sink_(sink) {}

    [[nodiscard]] int fd() const noexcept { return intake_.fd(); }

    /// At most `limit` jobs as (id, request, coroutine); their handlers have been called, and count
    /// as started.
    [[nodiscard]] pybind11::list take(std::size_t limit);

    /// Ids of running requests that are to be cancelled. Call it before take().
    [[nodiscard]] std::vector<std::uint64_t> cancelled() { return intake_.take_cancelled(); }

    /// Ids of running requests whose streams may send more. Call it after cancelled().
    [[nodiscard]] std::vector<std::uint64_t> granted() { return intake_.take_granted(); }

    /// Ids of running requests for whose bodies something has come. Call it after cancelled().
    [[nodiscard]] std::vector<std::uint64_t> fed() { return intake_.take_fed(); }

    /// The end of a request that take() gave. The reply leaves at the next flush(). A stream when
    /// the answer comes in pieces: the request then ends with end().
    [[nodiscard]] std::unique_ptr<AsyncStream> complete(const pybind11::object& request,
                                                        pybind11::object result);
    void end(const pybind11::object& request, bool whole);
    /// What an exception in the middle of a stream means for the log; the client sees a cut body.
    void log(const pybind11::object& request, const pybind11::object& exception);
    void fail(const pybind11::object& request, const pybind11::object& exception);
    void flush() { sink_.flush(); }

private:
    [[nodiscard]] bool start(const JobRef& job, pybind11::list& started);
    template <class Fill>
    void reply(const Job& job, Fill fill);

    AsyncIntake& intake_;
    Runner& runner_;
    ReplySink& sink_;
};

}  // namespace typhon::worker
