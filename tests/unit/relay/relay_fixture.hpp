// A real ROUTER, a real loop, and workers played by DEALER sockets in the test: all in its one
// thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zmq.hpp>

#include "gateway/relay/relay.hpp"
#include "proto/codec.hpp"
#include "proto/ledger.hpp"

namespace typhon::relay {

/// What the relay has told the supervisor: identities, and texts of errors.
struct Events final : WorkerEvents {
    void on_ready(const std::string& identity, const proto::Ready& ready) override;
    void on_start_error(const std::string& identity, const proto::StartError& error) override;
    void on_draining(const std::string& identity) override;
    void on_leaving(const std::string& identity) override;
    void on_silent(const std::string& identity, std::uint32_t silent_ms) override;
    void on_hung(const std::string& identity, const HangReport& report) override;

    std::vector<std::string> ready;
    std::vector<std::string> errors;
    std::vector<std::string> draining;
    std::vector<std::string> leaving;
    std::vector<std::string> silent;
    std::vector<std::pair<std::string, HangReport>> hung;
};

/// A worker's end of the wire: it says what the test tells it to say.
class FakeWorker {
public:
    FakeWorker(const std::string& identity, const std::string& endpoint);

    template <class Envelope>
    void say(const Envelope& envelope) {
        std::string bytes;
        proto::encode(envelope, bytes);
        dealer_.send(zmq::buffer(bytes), zmq::send_flags::none);
    }

    void say_ready(const std::string& token, std::vector<proto::RouteInfo> routes);

    struct Seen {
        std::uint64_t id;
        std::uint32_t slot;
        std::uint32_t left_ms;
        std::string path;
    };

    void answer(const Seen& seen, std::string_view body, std::uint32_t run_us = 10);

    /// Takes what has arrived. Requests go to `requests`, the rest is counted.
    void receive();

    std::deque<Seen> requests;
    int frames = 0;
    int cancels = 0;
    std::vector<std::uint64_t> cancelled;
    std::vector<std::uint64_t> recalled;
    int pings = 0;
    std::uint64_t credit = 0;  // bytes granted
    std::string pieces;        // of request bodies
    std::vector<bool> ends;    // of request bodies
    bool drained = false;

private:
    void take(const proto::Envelope& envelope);

    zmq::context_t context_{1};
    zmq::socket_t dealer_{context_, zmq::socket_type::dealer};
    proto::BatchReader reader_;
};

/// What a caller got.
struct Answer {
    proto::ErrorCode error = proto::ErrorCode::none;
    std::string body;
    std::string allow;
    std::uint32_t retry_after_s = 0;
};

/// Relay, loop and clients: `until(condition)` runs the loop and the workers until it holds.
class RelayFixture {
public:
    RelayFixture();
    ~RelayFixture();  // NOLINT(bugprone-exception-escape)
    RelayFixture(const RelayFixture&) = delete;
    RelayFixture& operator=(const RelayFixture&) = delete;
    RelayFixture(RelayFixture&&) = delete;
    RelayFixture& operator=(RelayFixture&&) = delete;

    /// Made at the first call, of the options as they are then.
    Relay& relay();

    /// Has the relay expect a worker, with the token "secret"; from now on it is none that nobody
    /// knows.
    std::shared_ptr<proto::Ledger> expect(const std::string& identity);

    /// A worker that the relay expects and that has said READY.
    std::shared_ptr<proto::Ledger> add_worker(const std::string& identity);

    /// The routes of every worker: /python/hello, /python/limited (one at a time),
    /// /python/hurried (200 ms), /python/async, and /python/upload, which streams its body.
    static std::vector<proto::RouteInfo> routes();

    /// Sends a request; its answer appears in `answers[index]`.
    std::size_t send(std::string path, std::string method = "GET");
    /// The same, with a body that comes in pieces: see calls[index]->body.
    std::size_t send_streamed(std::string path);

    /// Fails the test after ten seconds.
    void until(const std::function<bool()>& condition);

    [[nodiscard]] const std::string& endpoint() const noexcept { return endpoint_; }

    asio::io_context loop{1};
    RelayOptions options;
    Events events;
    std::vector<std::unique_ptr<FakeWorker>> workers;
    std::vector<std::optional<Answer>> answers;
    std::vector<std::unique_ptr<Call>> calls;

private:
    Task<void> client(Call& call, std::size_t index, std::string path, std::string method);

    std::string path_;
    std::string endpoint_;
    std::unique_ptr<Relay> relay_;
    std::shared_ptr<RequestStream> next_body_;
};

}  // namespace typhon::relay
