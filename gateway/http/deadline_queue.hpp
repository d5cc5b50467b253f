// Deadlines of constant length for each kind, as intrusive first-in-first-out lists: arming is two
// pointer moves, and no timer object exists per connection (DESIGN 2).
//
// Pure: the caller passes the time in. Belongs to one loop.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <boost/intrusive/list.hpp>

#include "proto/deadline.hpp"

namespace typhon::http {

enum class DeadlineKind : std::uint8_t {
    head,    // a request head, from its first byte (or from accept)
    body,    // one look at the progress of a request body
    idle,    // keep-alive between requests
    write,   // an answer that the client does not read
    look,    // one look at a client that waits for a slow answer
    linger,  // reading on after an error, so that the client gets the answer
    quiet,   // idle while the gateway drains
    ping,    // one look at the client of a WebSocket
};

/// What can have one deadline at a time. Leaves its list when it dies.
struct DeadlineEntry
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    proto::SteadyClock::time_point expires;
    DeadlineKind kind = DeadlineKind::head;
};

class DeadlineQueue {
public:
    using TimePoint = proto::SteadyClock::time_point;

    /// Sets the length of `kind`; before anything of that kind is armed.
    void set_length(DeadlineKind kind, std::chrono::milliseconds length) {
        lengths_[index(kind)] = length;
    }

    /// `entry` expires after the length of `kind`, and has no other deadline. `now` never goes
    /// backwards from call to call.
    void arm(DeadlineEntry& entry, DeadlineKind kind, TimePoint now) {
        entry.unlink();
        entry.kind = kind;
        entry.expires = now + lengths_[index(kind)];
        lists_[index(kind)].push_back(entry);
    }

    static void disarm(DeadlineEntry& entry) noexcept { entry.unlink(); }

    /// When the first entry expires; time_point::max() when none is armed.
    [[nodiscard]] TimePoint next() const noexcept {
        TimePoint first = TimePoint::max();
        for (const List& list : lists_) {
            if (!list.empty()) {
                first = std::min(first, list.front().expires);
            }
        }
        return first;
    }

    /// Takes out one entry that has expired; null when there is none.
    [[nodiscard]] DeadlineEntry* pop_expired(TimePoint now) noexcept {
        for (List& list : lists_) {
            if (!list.empty() && list.front().expires <= now) {
                DeadlineEntry& entry = list.front();
                list.pop_front();
                return &entry;
            }
        }
        return nullptr;
    }

private:
    static constexpr std::size_t kKinds = 8;
    using List = boost::intrusive::list<DeadlineEntry, boost::intrusive::constant_time_size<false>>;

    static constexpr std::size_t index(DeadlineKind kind) noexcept {
        return static_cast<std::size_t>(kind);
    }

    std::array<List, kKinds> lists_;
    std::array<std::chrono::milliseconds, kKinds> lengths_{};
};

}  // namespace typhon::http
