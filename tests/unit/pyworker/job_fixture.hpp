// Jobs without a gateway or Python, for tests of queues.
#pragma once

#include <deque>

#include "pyworker/batch.hpp"
#include "pyworker/route_table.hpp"

namespace typhon::tests {

/// A job of its own batch. `route` may be null.
inline worker::JobRef make_job(std::uint64_t id, worker::Route* route = nullptr) {
    auto* batch = new worker::Batch(zmq::message_t());  // its only job owns it
    worker::Job& job = batch->jobs().emplace_back();
    job.batch = batch;
    job.request.id = id;
    job.route = route;
    return worker::JobRef(job);
}

inline std::uint64_t id_of(const worker::JobRef& job) {
    return job ? job->request.id : 0;
}

}  // namespace typhon::tests
