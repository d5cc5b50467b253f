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
    batch.jobs().reserve(std::min(batch.bytes().size() / kSmallRequest + 1, kUsualBatch));
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
        Job& job = batch.jobs().emplace_back();
        job.request = *request;
        job.deadline = deadline_of(request->left_ms, now);
        job.batch = &batch;
        routes_.match(job);
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
    } else {
        spdlog::warn("the gateway sent an envelope that only workers send; it is ignored");
    }
}

void Inbox::clear() {
    jobs.clear();
    cancels.clear();
    credits.clear();
    recalls.clear();
    pings.clear();
    drain.reset();
}

}  // namespace typhon::worker
