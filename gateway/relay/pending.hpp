// One request inside the relay, from submit() to its end, and the lists that it stands in.
//
// Pending objects are pooled and never freed while the relay lives, so that a late word about one
// (a cancel from another loop) can be checked by its id. Loop 0 only, once submitted.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <boost/intrusive/list.hpp>

#include "gateway/relay/call.hpp"
#include "gateway/relay/dispatch_policy.hpp"
#include "proto/codec.hpp"
#include "proto/deadline.hpp"
#include "proto/free_memory.hpp"

namespace typhon::relay {

struct RouteState;
class WorkerLinkState;
class PendingPool;

using ListHook =
    boost::intrusive::list_member_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

struct Pending {
    std::uint64_t id = 0;
    Call* call =
        nullptr;  // null: the caller has its answer, the slot is held until the worker's reply
    std::uint32_t loop = 0;
    std::string given_id;  // see request_id.hpp; usually empty
    std::string method;
    std::string path;  // raw
    std::string tail;  // the envelope but for its head, see codec.hpp
    proto::Deadline deadline;
    RouteState* route = nullptr;
    WorkerLinkState* worker = nullptr;  // null: queued
    std::uint32_t slot = 0;
    CreditClass credit = CreditClass::slow;
    bool queued = false;
    std::shared_ptr<ReplyStream>
        stream;              // of an answer that comes in pieces, while somebody wants it
    std::size_t window = 0;  // bytes of it that the worker may still send
    std::shared_ptr<RequestStream>
        body;               // set: its body follows in pieces, while somebody wants it
    bool recalled = false;  // its worker was asked not to start it
    proto::SteadyClock::time_point dispatched_at;
    proto::SteadyClock::time_point
        overdue_since;  // on the WatchClock, once in WorkerLinkState::overdue
    PendingPool* home = nullptr;

    /// No second worker gets the request.
    void drop_tail() noexcept { proto::free_memory(tail); }

    ListHook queue_hook;   // in its route's waiting list
    ListHook expiry_hook;  // in the list of its time-out, then in its worker's list of overdue ones
};

/// The relay's side of `call`, a fresh one: takes over what of it and of `request` outlives the
/// return. On the caller's loop, the one of number `loop`.
inline void fill(Pending& pending, Call& call, const proto::Request& request, std::uint32_t loop) {
    pending.id = call.id;
    pending.given_id = call.given_id;
    pending.call = &call;
    pending.loop = loop;
    pending.method = call.websocket ? proto::kWebSocketField : request.method;
    pending.path = request.path;
    pending.body = call.body;
    proto::encode_request_tail(request, pending.tail);
    call.pending = &pending;
}

template <ListHook Pending::*Hook>
using PendingList = boost::intrusive::list<Pending,
                                           boost::intrusive::member_hook<Pending, ListHook, Hook>,
                                           boost::intrusive::constant_time_size<false>>;
using WaitingList = PendingList<&Pending::queue_hook>;
using ExpiryList = PendingList<&Pending::expiry_hook>;

/// The Pending objects of one loop: taken on that loop, given back on loop 0. Thread-safe.
class PendingPool {
public:
    [[nodiscard]] Pending* take();
    /// Gives `pending` back to the pool that it came from; the memory of a large body is released.
    static void give_back(Pending& pending);

private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<Pending>> all_;
    std::vector<Pending*> free_;
};

inline Pending* PendingPool::take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) {
        all_.push_back(std::make_unique<Pending>());
        all_.back()->home = this;
        return all_.back().get();
    }
    Pending* pending = free_.back();
    free_.pop_back();
    return pending;
}

inline void PendingPool::give_back(Pending& pending) {
    constexpr std::size_t kKeep = 16384;
    pending.queue_hook.unlink();
    pending.expiry_hook.unlink();
    pending.id = 0;
    pending.call = nullptr;
    pending.route = nullptr;
    pending.worker = nullptr;
    pending.queued = false;
    pending.recalled = false;
    pending.stream = nullptr;
    pending.body = nullptr;
    pending.tail.clear();
    if (pending.tail.capacity() > kKeep) {
        pending.tail.shrink_to_fit();
    }
    PendingPool& home = *pending.home;
    const std::lock_guard lock(home.mutex_);
    home.free_.push_back(&pending);
}

}  // namespace typhon::relay
