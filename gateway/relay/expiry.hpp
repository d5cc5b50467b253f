// The deadlines of all pending requests: one FIFO list for each length of time-out, so that adding,
// removing and finding the expired are constant in time (a heap would sort what is already in
// order). Loop 0 only.
#pragma once

#include <cstdint>
#include <map>

#include "gateway/relay/pending.hpp"

namespace typhon::relay {

class Expiry {
public:
    /// Puts `pending` under watch; its deadline must be `timeout_ms` from now. Lengths are few: one
    /// per route.
    void add(Pending& pending, std::uint32_t timeout_ms) { lists_[timeout_ms].push_back(pending); }

    /// Calls `expire(pending)` for each whose deadline has passed; it must unlink or free it.
    template <class Expire>
    void sweep(proto::SteadyClock::time_point now, Expire expire) {
        for (auto& [length, list] : lists_) {
            while (!list.empty() && list.front().deadline.passed(now)) {
                Pending& pending = list.front();
                list.pop_front();
                expire(pending);
            }
        }
    }

private:
    std::map<std::uint32_t, ExpiryList> lists_;
};

}  // namespace typhon::relay
