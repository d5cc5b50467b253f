// Routing, queueing and dispatch of requests. The loop's turn is in relay_turn.cpp, workers in
// relay_links.cpp, the end of requests without a reply in relay_end.cpp.
#include "gateway/relay/relay.hpp"

#include <algorithm>
#include <utility>

namespace typhon::relay {

namespace {

/// A worker whose event loop is blocked comes after all others, for coroutines alone.
bool is_better(CreditClass wanted, const WorkerLinkState& a, const WorkerLinkState& b) noexcept {
    if (wanted == CreditClass::async && a.loop_blocked != b.loop_blocked) {
        return b.loop_blocked;
    }
    return less_loaded(wanted, a.load, b.load);
}

}  // namespace

Relay::Relay(std::vector<asio::io_context*> loops,
             const RelayOptions& options,
             const std::string& endpoint)
    : loops_(std::move(loops)),
      options_(options),
      socket_(endpoint),
      readable_(loops_[0]->get_executor(), socket_.fd()),
      timer_(loops_[0]->get_executor()),
      queue_(options.queue_requests, options.queue_bytes),
      done_(loops_.size()) {
    status_.queue_limit = options.queue_requests;
    health_limits_ = {options.silent_timeout,
                      std::min(options.ping_interval, options.silent_timeout / 8)};
}

Relay::~Relay() {
    readable_.release();  // the descriptor is ZeroMQ's
}

void Relay::submit(Call& call, const proto::Request& request) {
    Pending& pending = *pool_.take();
    fill(pending, call, request, 0);
    admit(pending);
}

void Relay::admit(Pending& pending) {
    ++live_;
    if (pending.body != nullptr) {
        pending.body->pending = &pending;
    }
    if (!find_route(pending)) {
        return;
    }
    const std::uint32_t timeout = timeout_ms(pending);
    pending.deadline = proto::Deadline::after(Milliseconds(timeout));
    if (active_.empty() && availability_ != Availability::waiting) {
        fail(pending, refusal());
        return;
    }
    expiry_.add(pending, timeout);
    place(pending);
}

std::uint32_t Relay::timeout_ms(const Pending& pending) const noexcept {
    const std::uint32_t own = pending.route->info.timeout_ms;
    return own != 0 ? own : static_cast<std::uint32_t>(options_.request_timeout.count());
}

bool Relay::find_route(Pending& pending) {
    using Outcome = proto::RouteMatch::Outcome;
    if (!table_.known()) {
        pending.route = &table_.unmatched();
        return true;
    }
    const proto::RouteMatch& match = table_.match(pending.method, pending.path);
    switch (match.outcome) {
        case Outcome::found:
            pending.route = &table_.at(match.route);
            pending.call->route = &pending.route->pattern;
            if (pending.body == nullptr || pending.route->info.stream_body) {
                return true;
            }
            fail(pending, proto::ErrorCode::no_worker);  // a reload has changed the route meanwhile
            return false;
        case Outcome::options:
            pending.call->options = true;
            pending.call->allow = match.allow;
            fail(pending, proto::ErrorCode::none);
            return false;
        case Outcome::method_not_allowed:
            pending.call->allow = match.allow;
            fail(pending, proto::ErrorCode::method_not_allowed);
            return false;
        case Outcome::upgrade_required:
            fail(pending, proto::ErrorCode::upgrade_required);
            return false;
        case Outcome::not_found:
            break;
    }
    fail(pending, proto::ErrorCode::not_found);
    return false;
}

void Relay::place(Pending& pending) {
    if (pending.route->waiting.empty()) {
        if (WorkerLinkState* link = choose(*pending.route)) {
            dispatch(pending, *link);
            return;
        }
    }
    if (!queue_.has_room(pending)) {
        fail(pending, proto::ErrorCode::queue_full);
        return;
    }
    queue_.add(pending);
}

WorkerLinkState* Relay::choose(const RouteState& route) {
    if (route.at_limit() || !table_.known()) {
        return nullptr;
    }
    const CreditClass wanted = credit_class(route.info.mode, route.run_time);
    WorkerLinkState* best = nullptr;
    for (WorkerLinkState* link : active_) {
        if (!link->slot_free() ||
            !has_credit(wanted, link->load, route.run_time.mean_us(), options_.wide_credit)) {
            continue;
        }
        if (best == nullptr || is_better(wanted, *link, *best)) {
            best = link;
        }
    }
    return best;
}

void Relay::dispatch(Pending& pending, WorkerLinkState& link) {
    pending.credit = credit_class(pending.route->info.mode, pending.route->run_time);
    ++pending.route->in_flight;
    ++(pending.credit == CreditClass::quick ? quick_running_ : other_running_);
    dispatched_at_ = proto::SteadyClock::now();
    pending.dispatched_at = dispatched_at_;
    pending.call->dispatched_at = dispatched_at_;
    pending.call->worker = link.pid;
    ++dispatched_this_turn_;
    if (dirty_.empty()) {
        batch_begun_at_ = dispatched_at_;
    }
    if (pending.body != nullptr) {
        move_on(pending);
    }
    link.dispatch(pending, dispatched_at_);
    if (pending.body != nullptr) {
        open_body(pending);
    }
    say(link);
}

void Relay::release(Pending& pending, WorkerLinkState& link) {
    --pending.route->in_flight;
    --(pending.credit == CreditClass::quick ? quick_running_ : other_running_);
    link.release(pending);
}

/// Why requests get no worker, when availability is not waiting.
proto::ErrorCode Relay::refusal() const noexcept {
    return availability_ == Availability::failed ? proto::ErrorCode::no_worker
                                                 : proto::ErrorCode::stopping;
}

bool Relay::reply_due() const noexcept {
    constexpr std::chrono::microseconds kSpin{200};
    return quick_running_ == 1 && other_running_ == 0 &&
           proto::SteadyClock::now() - dispatched_at_ < kSpin;
}

void Relay::pump() {
    while (queue_.depth() != 0) {
        WorkerLinkState* link = nullptr;  // for the request that oldest() took last
        Pending* next = queue_.oldest([this, &link](const RouteState& route) {
            WorkerLinkState* found = choose(route);
            link = found != nullptr ? found : link;
            return found != nullptr;
        });
        if (next == nullptr) {
            return;
        }
        queue_.remove(*next);
        dispatch(*next, *link);
    }
}

/// A request that its worker has not started, and will not, waits again.
void Relay::put_back(Pending& pending) {
    pending.recalled = false;
    if (pending.body != nullptr && !pending.body->revoke()) {
        fail(pending, proto::ErrorCode::worker_died);  // it has had a part of the body
    } else if (active_.empty() && availability_ != Availability::waiting) {
        fail(pending, refusal());
    } else if (find_route(pending)) {
        queue_.put_back(pending);
    }
}

}  // namespace typhon::relay
