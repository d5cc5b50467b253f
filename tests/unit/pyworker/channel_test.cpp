// The worker's socket while signals arrive at its thread.
#include "pyworker/channel.hpp"

#include <atomic>
#include <string>
#include <thread>

#include "tests/unit/signal_storm.hpp"
#include "tests/unit/supervisor/fixture.hpp"
#include <doctest/doctest.h>

using namespace typhon;

namespace {

/// A gateway on a thread of its own that sends back what it gets.
class Echo {
public:
    explicit Echo(const std::string& endpoint) {
        router_.set(zmq::sockopt::linger, 0);
        router_.set(zmq::sockopt::rcvtimeo, 10);
        router_.bind(endpoint);
        thread_ = std::thread([this] { run(); });
    }
    ~Echo() {
        over_ = true;
        thread_.join();
    }
    Echo(const Echo&) = delete;
    Echo& operator=(const Echo&) = delete;
    Echo(Echo&&) = delete;
    Echo& operator=(Echo&&) = delete;

private:
    void run() {
        zmq::message_t name;
        zmq::message_t body;
        while (!over_) {
            if (router_.recv(name) && router_.recv(body)) {
                router_.send(name, zmq::send_flags::sndmore);
                router_.send(body, zmq::send_flags::none);
            }
        }
    }

    zmq::context_t context_{1};
    zmq::socket_t router_{context_, zmq::socket_type::router};
    std::atomic<bool> over_ = false;
    std::thread thread_;
};

}  // namespace

TEST_CASE("Channel: signals end no call and lose no batch") {
    const test::TempDir temp;
    const std::string endpoint = "ipc://" + temp.file("relay.sock");
    const Echo gateway(endpoint);
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
