// A whole HTTP front on a free port: a loop on a thread of its own, the example routes and those of
// the test, and a stand-in for the relay that the test controls.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "client.hpp"

#include "gateway/http/listener.hpp"
#include "gateway/http/server.hpp"
#include "gateway/native/blocking_pool.hpp"
#include "gateway/native/native_router.hpp"

namespace typhon::test {

/// A request that reached the relay, copied.
struct Seen {
    std::uint64_t id = 0;
    std::string method;
    std::string path;
    std::string query;
    std::string client;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

class TestPort final : public relay::Port {
public:
    explicit TestPort(asio::io_context& loop) : loop_(loop) {}

    /// What each call gets, on the loop. Calls wait until somebody ends them when it is empty.
    std::function<void(relay::Call&)> outcome;

    void cancel(relay::Call& call) override;
    void grant(relay::ReplyStream& stream, std::uint32_t bytes) override;
    void abandon(relay::ReplyStream& stream) override;
    void leave(relay::ReplyStream& /*stream*/) override {}
    [[nodiscard]] relay::BodyRule body_rule(std::string_view method,
                                            std::string_view raw_path) const override;
    void send_piece(relay::RequestStream& stream, std::string_view bytes) override;
    void end_pieces(relay::RequestStream& stream, bool whole) override;

    /// Of every request. Set before the loop runs.
    relay::BodyRule rule;

    [[nodiscard]] std::vector<Seen> seen() const;
    [[nodiscard]] int cancelled() const;
    [[nodiscard]] std::uint32_t granted() const;  // bytes
    [[nodiscard]] int abandoned() const;
    [[nodiscard]] std::string pieces() const;  // of all request bodies
    [[nodiscard]] std::vector<bool> ends() const;
    /// Lets the bodies of calls that wait be sent, as far as their first window goes. Any thread.
    void open_waiting();
    /// Ends the calls that wait, with `finish` applied. Any thread.
    void finish_waiting(const std::function<void(relay::Call&)>& finish);

private:
    void submit(relay::Call& call, const proto::Request& request) override;

    asio::io_context& loop_;
    mutable std::mutex mutex_;
    std::vector<Seen> seen_;
    std::vector<relay::Call*> waiting_;
    int cancelled_ = 0;
    std::uint32_t granted_ = 0;
    int abandoned_ = 0;
    std::string pieces_;
    std::vector<bool> ends_;
};

class ServerFixture {
public:
    ServerFixture();
    ~ServerFixture();
    ServerFixture(const ServerFixture&) = delete;
    ServerFixture& operator=(const ServerFixture&) = delete;
    ServerFixture(ServerFixture&&) = delete;
    ServerFixture& operator=(ServerFixture&&) = delete;

    /// Starts the loop. Set options, add routes and set port.outcome before.
    void start();
    /// Ends the loop; for fixtures whose members the answers point into. Again: no effect.
    void stop();

    [[nodiscard]] Client connect() { return Client(listener_->port()); }
    [[nodiscard]] std::uint16_t port_number() const { return listener_->port(); }

    /// Runs `job` on the loop and waits for it.
    void on_loop(const std::function<void()>& job);
    [[nodiscard]] std::size_t connections();

    std::unique_ptr<http::BodyBudget> bodies;  // outlives the loop
    asio::io_context loop{1};
    HttpOptions options;
    NativeRouter router;
    std::unique_ptr<BlockingPool> pool;
    std::unique_ptr<BlockingPool> coding;
    TestPort port{loop};
    http::IdSource ids;
    std::unique_ptr<http::LoopServer> server;
    std::shared_ptr<const http::TlsContext> tls;  // null: connections are plain

private:
    std::unique_ptr<http::Listener> listener_;
    std::thread thread_;
};

/// Looks until `condition` holds; false after five seconds.
bool eventually(const std::function<bool()>& condition);

}  // namespace typhon::test
