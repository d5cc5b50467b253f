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
#include "pyworker/inbound_stream.hpp"
#include "pyworker/route_table.hpp"

namespace typhon::worker {

class __attribute__((visibility("hidden"))) Inbox {
public:
    Inbox(RouteTable& routes, InboundTable& bodies) : routes_(routes), bodies_(bodies) {}

    /// Adds what the message holds to the lists below, and pieces of bodies to their streams. A
    /// malformed rest is logged and dropped.
    void read(zmq::message_t message, proto::SteadyClock::time_point now);

    /// Empties the lists, and keeps their memory.
    void clear();
    [[nodiscard]] bool empty() const noexcept {
        return jobs.empty() && cancels.empty() && fed.empty() && credits.empty() &&
               recalls.empty() && pings.empty() && !drain;
    }

    std::vector<JobRef> jobs;  // in order of arrival
    std::vector<std::uint64_t> cancels;
    std::vector<proto::Credit> credits;
    std::vector<std::uint64_t> fed;  // requests whose event loop waits for a piece that has come
    std::vector<std::uint64_t> recalls;
    std::vector<std::uint64_t> pings;  // nonces
    std::optional<proto::Drain> drain;

private:
    void take(proto::Envelope& envelope, Batch& batch, proto::SteadyClock::time_point now);

    void take_request(const proto::Request& request,
                      Batch& batch,
                      proto::SteadyClock::time_point now);
    [[nodiscard]] bool take_piece(const proto::Envelope& envelope);

    RouteTable& routes_;
    InboundTable& bodies_;
    proto::BatchReader reader_;
};

}  // namespace typhon::worker
