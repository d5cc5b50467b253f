// The ROUTER while signals arrive at its thread.
#include "gateway/relay/router_socket.hpp"

#include <string>
#include <thread>

#include "tests/unit/signal_storm.hpp"
#include "tests/unit/supervisor/fixture.hpp"
#include <doctest/doctest.h>
#include <zmq.hpp>

#include "proto/deadline.hpp"

namespace typhon::relay {

namespace {

/// A peer on a thread of its own: says "hello", and then sends back what it gets.
std::jthread echo(const std::string& endpoint) {
    return std::jthread([endpoint](const std::stop_token& over) {
        zmq::context_t context{1};
        zmq::socket_t dealer(context, zmq::socket_type::dealer);
        dealer.set(zmq::sockopt::routing_id, "peer");
        dealer.set(zmq::sockopt::linger, 0);
        dealer.set(zmq::sockopt::rcvtimeo, 10);
        dealer.connect(endpoint);
        dealer.send(zmq::str_buffer("hello"), zmq::send_flags::none);
        zmq::message_t message;
        while (!over.stop_requested()) {
            if (dealer.recv(message)) {
                dealer.send(message, zmq::send_flags::none);
            }
        }
    });
}

std::string next(RouterSocket& socket) {
    const auto deadline = proto::Deadline::after(test::kPatience);
    auto batch = socket.receive();
    while (!batch && !deadline.passed()) {
        batch = socket.receive();
    }
    return batch ? std::string(batch->bytes) : "nothing";
}

}  // namespace

TEST_CASE("RouterSocket: signals end no call and lose no batch") {
    const test::TempDir temp;
    const std::string endpoint = "ipc://" + temp.file("relay.sock");
    RouterSocket socket(endpoint);
    const std::jthread peer = echo(endpoint);
    REQUIRE(next(socket) == "hello");
    const test::SignalStorm storm;
    const auto deadline = proto::Deadline::after(test::kPatience);
    while (storm.handled() < 1000) {
        REQUIRE_FALSE(socket.receive());
        REQUIRE_FALSE(deadline.passed());
    }
    for (int round = 0; round < 2000; ++round) {
        const std::string batch = std::to_string(round);
        REQUIRE(socket.send("peer", batch));
        REQUIRE(next(socket) == batch);
    }
}

}  // namespace typhon::relay
