// What a connection notes of a request for the access log, and the line that it writes in the end.
#include <algorithm>
#include <utility>

#include "gateway/http/connection.hpp"
#include "gateway/http/forwarded.hpp"
#include "proto/request_id.hpp"

namespace typhon::http {

namespace {

using std::chrono::microseconds;

/// Between points that may be of two threads.
microseconds span(AccessRecord::TimePoint from, AccessRecord::TimePoint to) {
    return std::max(std::chrono::duration_cast<microseconds>(to - from), microseconds(0));
}

std::string_view protocol_of(const AccessRecord& record) {
    if (record.method.empty()) {
        return {};
    }
    return record.http_1_0 ? "HTTP/1.0" : "HTTP/1.1";
}

}  // namespace

/// What some options want done with a head before it is routed.
void Connection::prepare() {
    if (state_->access != nullptr) {
        begin_access();
        if (trusted_) {
            access_->client = origin().peer.ip;
        }
    }
    if (state_->negotiates) {
        negotiate();
    }
}

/// After the last request has ended. Of a head that is not whole nobody knows for whom a proxy
/// asks.
void Connection::begin_access() {
    access_ = state_->access->take();
    access_->begun = proto::SteadyClock::now();
    access_->sent_before = answered_bytes();
    access_->client = peer_.is_unix ? std::string("unix:") : peer_.ip;
    exchange_.written = {};
    if (head_ != nullptr) {
        access_->note(*head_);
    }
}

void Connection::note_call(const relay::Call& call) {
    AccessRecord& record = *access_;
    const bool dispatched = call.worker != 0;
    record.route = call.route != nullptr ? std::string_view(*call.route) : std::string_view();
    record.worker = call.worker;
    record.queue = span(record.asked, dispatched ? call.dispatched_at : proto::SteadyClock::now());
    if (dispatched && call.error == proto::ErrorCode::none && call.stream == nullptr) {
        record.handler = microseconds(call.reply.run_us);
    }
}

/// Of an answer that came piece by piece.
void Connection::note_end_of(relay::ReplyStream& stream) {
    if (access_ != nullptr && stream.run_us() != 0) {
        access_->handler = microseconds(stream.run_us());
    }
}

/// Adds the times of a native handler, or of the content provider that it left behind.
void Connection::note_handler(const HandlerTimes& times) {
    if (access_ == nullptr) {
        return;
    }
    if (times.queued) {
        access_->queue = span(*times.queued, times.begun);
    }
    access_->handler = access_->handler.value_or(microseconds(0)) + span(times.begun, times.ended);
}

/// Bytes of answers that the socket has taken or will be offered next.
std::uint64_t Connection::answered_bytes() const noexcept {
    return sent_ + (open() ? state_->output.size() : 0);
}

access::End Connection::access_end() const noexcept {
    if (cut_off_) {
        return access::End::cut_off;
    }
    return open() ? access::End::complete : access::End::client_left;
}

std::string_view Connection::access_route() const {
    switch (target_) {
        case Target::native:
            return state_->services.router.at(native_route_).pattern;
        case Target::healthy:
            return "/-/healthy";
        case Target::file:
            return "static";
        case Target::python:
        case Target::answered:
            break;
    }
    return access_->route;
}

/// Writes the line of the request. Its answer has been handed to the socket, or has been given up.
void Connection::end_access() {
    const AccessRecord& record = *access_;
    const access::End how = access_end();
    const bool unanswered = exchange_.written.status == 0 && how == access::End::client_left;
    const std::uint64_t before = record.sent_before + exchange_.written.size;
    const std::uint64_t all = answered_bytes();
    const std::string id = proto::request_name(exchange_.id, exchange_.given_id);
    state_->access->write(
        {.at = std::chrono::system_clock::now(),
         .client = record.client,
         .method = record.method,
         .path = record.path,
         .protocol = protocol_of(record),
         .status = unanswered ? access::kClientLeftStatus : exchange_.written.status,
         .bytes = all > before ? all - before : 0,
         .referer = record.referer,
         .user_agent = record.user_agent,
         .request_id = id,
         .route = access_route(),
         .worker = record.worker,
         .queue = record.queue,
         .handler = record.handler,
         .total = span(record.begun, proto::SteadyClock::now()),
         .end = how});
    state_->access->give_back(std::move(access_));
}

}  // namespace typhon::http
