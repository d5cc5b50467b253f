// The relay's part of each turn of loop 0: send the batches, receive, continue the waiting
// coroutines, watch the time.
#include <utility>

#include <boost/asio/post.hpp>

#include "gateway/relay/relay.hpp"

namespace typhon::relay {

namespace {

constexpr std::size_t kKeepBatch = 256U << 10;  // memory of a batch that is kept for the next
constexpr int kBatchesPerTurn = 64;             // then connections get their turn
constexpr Milliseconds kBusyTick{10};
constexpr Milliseconds kIdleTick{100};
constexpr Milliseconds kPublishEvery{100};

}  // namespace

void Relay::start(WorkerEvents& events) {
    events_ = &events;
    last_ping_ = proto::SteadyClock::now();
    schedule_turn_end();
    arm_tick();
}

void Relay::close() {
    closed_ = true;
    timer_.cancel();
    error_code ignored;
    readable_.cancel(ignored);
}

void Relay::schedule_turn_end() {
    if (turn_end_posted_) {
        return;
    }
    turn_end_posted_ = true;
    asio::post(*loops_[0], [this] { turn_end(); });
}

void Relay::turn_end() {
    turn_end_posted_ = false;
    return_calls();
    if (batch_may_grow(std::exchange(dispatched_this_turn_, 0),
                       quick_running_ + other_running_,
                       dispatched_at_ - batch_begun_at_)) {
        schedule_turn_end();
        return;
    }
    flush();
    (void)receive();  // sending may take the edge that would have told of a message
    wait_readable();
}

/// Waits for the socket's descriptor. Only from turn_end(): re-armed inside its own handler the
/// wait would spin.
void Relay::wait_readable() {
    if (waiting_readable_ || closed_) {
        return;
    }
    waiting_readable_ = true;
    readable_.async_wait(asio::posix::descriptor_base::wait_read, [this](error_code error) {
        waiting_readable_ = false;
        if (error || closed_) {
            return;
        }
        (void)receive();
        schedule_turn_end();
    });
}

/// Takes what has arrived; the result says whether more may wait.
bool Relay::receive() {
    int batches = 0;
    while (batches < kBatchesPerTurn) {
        const auto batch = socket_.receive();
        if (!batch) {
            break;
        }
        take(*batch);
        ++batches;
    }
    const bool more = batches == kBatchesPerTurn;
    if (more) {
        schedule_turn_end();
    }
    if (batches != 0) {
        pump();
        return_calls();
    }
    return more;
}

void Relay::flush() {
    for (WorkerLinkState* link : std::exchange(dirty_, {})) {
        link->dirty = false;
        if (!link->outgoing.empty()) {
            send_batch(*link);
        }
    }
}

void Relay::send_batch(WorkerLinkState& link) {
    // A failed send loses nothing: the ledger says that these requests have not started, and
    // forget() queues them.
    (void)socket_.send(link.identity(), link.outgoing);
    link.outgoing.clear();
    if (link.outgoing.capacity() > kKeepBatch) {
        link.outgoing.shrink_to_fit();
    }
}

void Relay::return_calls() {
    for (std::uint32_t loop = 1; loop < done_.size(); ++loop) {
        if (!done_[loop].empty()) {
            asio::post(*loops_[loop], [calls = std::exchange(done_[loop], {})] {
                for (Call* call : calls) {
                    call->finish();
                }
            });
        }
    }
    // A continued coroutine may submit its next request, which must not touch the list being
    // walked.
    std::vector<Call*> here = std::exchange(done_[0], {});
    for (Call* call : here) {
        call->finish();
    }
}

void Relay::arm_tick() {
    timer_.expires_after(live_ != 0 ? kBusyTick : kIdleTick);
    timer_.async_wait([this](error_code error) {
        if (!error && !closed_) {
            tick();
            arm_tick();
        }
    });
}

void Relay::tick() {
    const TimePoint now = proto::SteadyClock::now();
    if (clock_.turn(now)) {
        while (receive()) {  // replies that came while the loop stood still are in time
        }
    }
    expiry_.sweep(now, [this](Pending& pending) { expire(pending); });
    watch_links(now);
    if (now - last_publish_ >= kPublishEvery) {
        last_publish_ = now;
        publish();
    }
}

void Relay::publish() {
    RelayStatus status;
    status.queue_depth = queue_.depth();
    status.queue_bytes = queue_.bytes();
    status.queue_limit = queue_.limit();
    status.refused = refused_;
    status.refused.malformed += socket_.misshapen();
    for (const auto& [identity, link] : links_) {
        status.workers.push_back({identity, link->in_flight(), link->served, link->last_pong});
    }
    const std::lock_guard lock(status_mutex_);
    status_ = std::move(status);
}

RelayStatus Relay::status() const {
    const std::lock_guard lock(status_mutex_);
    return status_;
}

BodyRule Relay::body_rule(std::string_view method, std::string_view raw_path) const {
    std::shared_ptr<const BodyRules> rules;
    {
        const std::lock_guard lock(status_mutex_);
        rules = body_rules_;
    }
    return rules == nullptr ? BodyRule{.known = false} : rules->find(method, raw_path);
}

std::vector<proto::RouteInfo> Relay::routes() const {
    const std::lock_guard lock(status_mutex_);
    return published_routes_;
}

}  // namespace typhon::relay
