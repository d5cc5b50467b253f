// The requests of one received message, with the memory that they point into.
//
// A batch lives as long as one of its jobs is referred to. Counting is atomic; a job itself belongs
// to whoever took it from the queues.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <zmq.hpp>

#include "proto/deadline.hpp"
#include "proto/envelope.hpp"
#include "proto/route_pattern.hpp"
#include "proto/router.hpp"

namespace typhon::worker {

struct Route;
class Batch;
class InboundStream;

/// One request on its way through the worker.
struct Job {
    proto::Request request;  // views into the batch's frame
    proto::Deadline deadline;
    Batch* batch = nullptr;
    Route* route = nullptr;  // null: no route serves it, and `outcome` says why
    proto::RouteMatch::Outcome outcome = proto::RouteMatch::Outcome::not_found;
    proto::Params params;
    std::string allow;
    std::shared_ptr<InboundStream> inbound;  // the body, when it comes in pieces; usually null
};

class Batch {
public:
    explicit Batch(zmq::message_t frame) : frame_(std::move(frame)) {}
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;
    Batch(Batch&&) = delete;
    Batch& operator=(Batch&&) = delete;
    ~Batch() = default;

    [[nodiscard]] std::string_view bytes() const noexcept {
        return {static_cast<const char*>(frame_.data()), frame_.size()};
    }
    /// Fixed once a JobRef to one of them exists.
    [[nodiscard]] std::vector<Job>& jobs() noexcept { return jobs_; }

    void retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
    void release() noexcept {
        if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            delete this;
        }
    }

private:
    std::atomic<std::uint32_t> references_ = 0;
    zmq::message_t frame_;
    std::vector<Job> jobs_;
};

/// A counted reference to a job; may be empty.
class JobRef {
public:
    JobRef() noexcept = default;
    explicit JobRef(Job& job) noexcept : job_(&job) { job.batch->retain(); }
    JobRef(const JobRef& other) noexcept : job_(other.job_) {
        if (job_ != nullptr) {
            job_->batch->retain();
        }
    }
    JobRef(JobRef&& other) noexcept : job_(std::exchange(other.job_, nullptr)) {}
    JobRef& operator=(JobRef other) noexcept {
        std::swap(job_, other.job_);
        return *this;
    }
    ~JobRef() {
        if (job_ != nullptr) {
            job_->batch->release();
        }
    }

    explicit operator bool() const noexcept { return job_ != nullptr; }
    Job* operator->() const noexcept { return job_; }
    Job& operator*() const noexcept { return *job_; }

private:
    Job* job_ = nullptr;
};

}  // namespace typhon::worker
