#include "pyworker/refusal.hpp"

#include "proto/codec.hpp"
#include "pyworker/route_table.hpp"

namespace typhon::worker {

namespace {

using Outcome = proto::RouteMatch::Outcome;

void answer_unrouted(const Job& job, Answer& answer) {
    if (job.outcome == Outcome::not_found) {
        answer_error(answer, job, proto::ErrorCode::not_found);
        return;
    }
    if (job.outcome == Outcome::upgrade_required) {
        answer_error(answer, job, proto::ErrorCode::upgrade_required);
        return;
    }
    if (job.outcome == Outcome::options) {
        answer.reply.status = 204;
    } else {
        answer_error(answer, job, proto::ErrorCode::method_not_allowed);
    }
    proto::HeaderBlockWriter(answer.own_headers, 1).add("Allow", job.allow);
    answer.reply.headers = answer.own_headers;
}

}  // namespace

bool refused(const Job& job, proto::SteadyClock::time_point now, Answer& answer) {
    if (job.deadline.passed(now)) {
        answer_error(answer, job, proto::ErrorCode::deadline);
        return true;
    }
    if (job.route == nullptr) {
        answer_unrouted(job, answer);
        return true;
    }
    if (job.route->info.max_body != 0 && job.request.body.size() > job.route->info.max_body) {
        answer_error(answer, job, proto::ErrorCode::payload_too_large);
        return true;
    }
    return false;
}

}  // namespace typhon::worker
