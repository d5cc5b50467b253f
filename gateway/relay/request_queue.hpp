// Requests that no worker has yet: bounded by count and by bytes, oldest first within what can be
// dispatched. Loop 0 only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "gateway/relay/route_state.hpp"

namespace typhon::relay {

class RequestQueue {
public:
    RequestQueue(std::size_t max_requests, std::size_t max_bytes) noexcept
        : max_requests_(max_requests), max_bytes_(max_bytes) {}

    [[nodiscard]] bool has_room(const Pending& pending) const noexcept {
        return depth_ < max_requests_ && bytes_ + pending.tail.size() <= max_bytes_;
    }

    /// Puts it last in its route's list.
    void add(Pending& pending) { insert(pending, pending.route->waiting.end()); }

    /// One that comes back from a worker: puts it before those that came later.
    void put_back(Pending& pending) {
        WaitingList& waiting = pending.route->waiting;
        insert(pending,
               std::find_if(waiting.begin(), waiting.end(), [&pending](const Pending& other) {
                   return other.id > pending.id;
               }));
    }

    void remove(Pending& pending) {
        RouteState& route = *pending.route;
        pending.queue_hook.unlink();
        note_removed(pending);
        if (route.waiting.empty()) {
            std::erase(waiting_routes_, &route);
        }
    }

    /// The oldest request for which `can_dispatch(RouteState&)` holds, or null. It stays queued.
    template <class CanDispatch>
    [[nodiscard]] Pending* oldest(CanDispatch can_dispatch) {
        Pending* best = nullptr;
        for (RouteState* route : waiting_routes_) {
            Pending& first = route->waiting.front();
            if ((best == nullptr || first.id < best->id) && can_dispatch(*route)) {
                best = &first;
            }
        }
        return best;
    }

    /// All lists were emptied by RouteTable::take_waiting(): forget the count, too.
    void reset() noexcept {
        waiting_routes_.clear();
        depth_ = 0;
        bytes_ = 0;
    }

    [[nodiscard]] std::size_t depth() const noexcept { return depth_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::size_t limit() const noexcept { return max_requests_; }

private:
    void insert(Pending& pending, const WaitingList::iterator& before) {
        RouteState& route = *pending.route;
        if (route.waiting.empty()) {
            waiting_routes_.push_back(&route);
        }
        route.waiting.insert(before, pending);
        pending.queued = true;
        ++depth_;
        bytes_ += pending.tail.size();
    }
    void note_removed(Pending& pending) noexcept {
        pending.queued = false;
        --depth_;
        bytes_ -= pending.tail.size();
    }

    std::size_t max_requests_;
    std::size_t max_bytes_;
    std::size_t depth_ = 0;
    std::size_t bytes_ = 0;
    std::vector<RouteState*> waiting_routes_;
};

}  // namespace typhon::relay
