// Received messages, sorted into what has to be done: decoding and route matching, no Python.
//
// Belongs to the thread that holds the socket.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <zmq.hpp>

#include "proto/codec.hpp"
#include "pyworker/batch.hpp"
#include "pyworker/route_table.hpp"

namespace typhon::worker {

class __attribute__((visibility("hidden"))) Inbox {
public:
    explicit Inbox(RouteTable& routes) : routes_(routes) {}

    /// Adds what the message holds to the lists below. A malformed rest is logged and dropped.
    void read(zmq::message_t message, proto::SteadyClock::time_point now);

    /// Empties the lists, and keeps their memory.
    void clear();
    [[nodiscard]] bool empty() const noexcept {
        return jobs.empty() && cancels.empty() && credits.empty() && recalls.empty() &&
               pings.empty() && !drain;
    }

    std::vector<JobRef> jobs;  // in order of arrival
    std::vector<std::uint64_t> cancels;
    std::vector<proto::Credit> credits;
    std::vector<std::uint64_t> recalls;
    std::vector<std::uint64_t> pings;  // nonces
    std::optional<proto::Drain> drain;

private:
    void take(proto::Envelope& envelope, Batch& batch, proto::SteadyClock::time_point now);

    RouteTable& routes_;
    proto::BatchReader reader_;
};

}  // namespace typhon::worker
