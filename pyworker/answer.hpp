// A reply with the memory that its views point into.
#pragma once

#include <cstdint>
#include <string>

#include <pybind11/pybind11.h>

#include "proto/envelope.hpp"
#include "proto/errors.hpp"
#include "proto/request_id.hpp"
#include "pyworker/batch.hpp"

namespace typhon::worker {

struct __attribute__((visibility("hidden"))) Answer {
    proto::Reply reply;
    std::string own_body;
    std::string own_headers;  // a header block
    pybind11::object keep;    // what body and content type point into; dropped with the GIL held
    bool deferred = false;    // no reply now: a future or task will give it
    pybind11::object stream;  // set: an iterator of the pieces after reply.body, each bytes

    /// What became of `stream`.
    enum class Ended : std::uint8_t { no, whole, cut };
    Ended ended = Ended::no;  // not no: the reply has been posted as BEGIN, an END is due
};

/// The error form of all of Typhon. No GIL needed.
inline void answer_error(Answer& answer, const Job& job, proto::ErrorCode code) {
    const proto::ErrorInfo& info = proto::error_info(code);
    answer.own_body = proto::error_body(info.text, proto::request_name(job.request));
    answer.reply.status = static_cast<std::uint16_t>(info.status);
    answer.reply.content_type = "application/json";
    answer.reply.body = answer.own_body;
}

}  // namespace typhon::worker
