// The worker's socket while signals arrive at its thread.
#include "pyworker/channel.hpp"

#include <string>
#include <thread>

#include "tests/unit/signal_storm.hpp"
#include "tests/unit/supervisor/fixture.hpp"
#include <doctest/doctest.h>

using namespace typhon;

namespace {

/// A gateway on a thread of its own that sends back what it gets.
std::jthread echo(const std::string& endpoint) {
    return std::jthread([endpoint](const std::stop_token& over) {
        zmq::context_t context{1};
        zmq::socket_t router(context, zmq::socket_type::router);
        router.set(zmq::sockopt::linger, 0);
        router.set(zmq::sockopt::rcvtimeo, 10);
        router.bind(endpoint);
        zmq::message_t name;
        zmq::message_t body;
        while (!over.stop_requested()) {
            if (router.recv(name) && router.recv(body)) {
                router.send(name, zmq::send_flags::sndmore);
                router.send(body, zmq::send_flags::none);
            }
        }
    });
}

}  // namespace

TEST_CASE("Channel: signals end no call and lose no batch") {
    const test::TempDir temp;
    const std::string endpoint = "ipc://" + temp.file("relay.sock");
    const std::jthread gateway = echo(endpoint);
    worker::Channel channel(endpoint, "worker");
    const test::SignalStorm storm;
    zmq::message_t answer;
    const auto deadline = proto::Deadline::after(test::kPatience);
    while (storm.handled() < 1000) {
        REQUIRE_FALSE(channel.receive(answer));
        REQUIRE_FALSE(deadline.passed());
    }
    for (int round = 0; round < 2000; ++round) {
        std::string batch = std::to_string(round);
        channel.send(batch);
        REQUIRE(channel.receive_within(test::kPatience, answer));
        REQUIRE(answer.to_string() == std::to_string(round));
    }
}
