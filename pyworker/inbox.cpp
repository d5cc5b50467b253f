#include "pyworker/inbox.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include <spdlog/spdlog.h>

namespace typhon::worker {

namespace {

constexpr std::size_t kSmallRequest = 160;  // bytes; only for reserving memory
constexpr std::size_t kUsualBatch = 256;

proto::Deadline deadline_of(std::uint32_t left_ms, proto::SteadyClock::time_point now) {
    return left_ms == UINT32_MAX ? proto::Deadline()
                                 : proto::Deadline::after(std::chrono::milliseconds(left_ms), now);
}

}  // namespace

void Inbox::read(zmq::message_t message, proto::SteadyClock::time_point now) {
    auto owned = std::make_unique<Batch>(std::move(message));
    Batch& batch = *owned;
    reader_.open(batch.bytes());
    while (auto envelope = reader_.next()) {
        take(*envelope, batch, now);
    }
    if (!reader_.fault().empty()) {
        spdlog::error("the gateway sent a malformed batch: {}", reader_.fault());
    }
    if (!batch.jobs().empty()) {
        owned.release();  // NOLINT(bugprone-unused-return-value): its jobs own it from now on
    }
    for (Job& job : batch.jobs()) {
        jobs.emplace_back(job);
    }
}

void Inbox::take(proto::Envelope& envelope, Batch& batch, proto::SteadyClock::time_point now) {
    if (auto* request = std::get_if<proto::Request>(&envelope)) {
        take_request(*request, batch, now);
    } else if (const auto* cancel = std::get_if<proto::Cancel>(&envelope)) {
        cancels.push_back(cancel->id);
    } else if (const auto* credit = std::get_if<proto::Credit>(&envelope)) {
        credits.push_back(*credit);
    } else if (const auto* recall = std::get_if<proto::Recall>(&envelope)) {
        recalls.push_back(recall->id);
    } else if (const auto* ping = std::get_if<proto::Ping>(&envelope)) {
        pings.push_back(ping->nonce);
    } else if (const auto* asked = std::get_if<proto::Drain>(&envelope)) {
        drain = *asked;
    } else if (!take_piece(envelope)) {
        spdlog::warn("the gateway sent an envelope that only workers send; it is ignored");
    }
}

void Inbox::take_request(const proto::Request& request,
                         Batch& batch,
                         proto::SteadyClock::time_point now) {
    if (batch.jobs().empty()) {  // frames of pieces have none
        batch.jobs().reserve(std::min(batch.bytes().size() / kSmallRequest + 1, kUsualBatch));
    }
    Job& job = batch.jobs().emplace_back();
    job.request = request;
    job.deadline = deadline_of(request.left_ms, now);
    job.batch = &batch;
    routes_.match(job);
    if (request.body.empty() && proto::streams_body(request.headers)) {
        job.inbound = bodies_.open(request.id, request.left_ms);
    }
}

/// False for what is no piece of a body, nor the end of one.
bool Inbox::take_piece(const proto::Envelope& envelope) {
    if (const auto* chunk = std::get_if<proto::Chunk>(&envelope)) {
        if (bodies_.feed(chunk->id, chunk->bytes)) {
            fed.push_back(chunk->id);
        }
        return true;
    }
    const auto* end = std::get_if<proto::End>(&envelope);
    if (end != nullptr && bodies_.end(end->id, end->whole)) {
        fed.push_back(end->id);
    }
    return end != nullptr;
}

void Inbox::clear() {
    jobs.clear();
    cancels.clear();
    fed.clear();
    credits.clear();
    recalls.clear();
    pings.clear();
    drain.reset();
}

}  // namespace typhon::worker
