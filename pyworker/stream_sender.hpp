// Sends the body of a streamed answer, piece by piece, from the thread that runs its handler.
#pragma once

#include <pybind11/pybind11.h>

#include "pyworker/answer.hpp"
#include "pyworker/converter.hpp"
#include "pyworker/reply_sink.hpp"
#include "pyworker/stream_table.hpp"

namespace typhon::worker {

/// Posts `answer` as the head and first piece of `answer.stream`, reads that to its end and posts
/// the pieces; the caller posts the END that `answer.ended` says. Gives the GIL up while there is
/// no credit, so it blocks as long as the client does not read. Never throws.
void send_stream(Answer& answer,
                 PyObject* request,
                 const Converter& converter,
                 StreamTable& streams,
                 ReplySink& sink);

/// The stream of an async handler, which the event loop reads (python/typhon/_async.py). Needs the
/// GIL.
class __attribute__((visibility("hidden"))) AsyncStream {
public:
    AsyncStream(const Answer& answer, StreamTable& streams, ReplySink& sink);
    ~AsyncStream();
    AsyncStream(const AsyncStream&) = delete;
    AsyncStream& operator=(const AsyncStream&) = delete;
    AsyncStream(AsyncStream&&) = delete;
    AsyncStream& operator=(AsyncStream&&) = delete;

    [[nodiscard]] const pybind11::object& body() const noexcept { return body_; }

    /// False when there is no credit for the piece now, or the stream is cancelled: the loop hears
    /// of that by AsyncBridge::cancelled(). Leaves at the next flush().
    [[nodiscard]] bool send(const pybind11::bytes& piece);

private:
    StreamTable& streams_;
    ReplySink& sink_;
    const std::uint64_t id_;
    const std::uint32_t slot_;
    pybind11::object body_;
    std::shared_ptr<StreamCredit> credit_;
};

}  // namespace typhon::worker
