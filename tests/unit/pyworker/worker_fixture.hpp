// The gateway's side of a worker, for tests: a ROUTER, a ledger, a lifeline, and a real
// typhon-worker process that runs an application of the test's own.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>
#include <zmq.hpp>

#include "proto/codec.hpp"
#include "proto/ledger.hpp"

namespace typhon::tests {

/// A reply with its own memory.
struct Got {
    std::uint64_t id = 0;
    std::uint32_t slot = 0;
    int status = 0;
    std::uint32_t run_us = 0;
    std::string content_type;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

struct Sent {
    std::string method = "GET";
    std::string path;
    std::string query;
    std::string content_type;
    std::string body;
    std::uint32_t left_ms = 30'000;
};

class WorkerFixture {
public:
    WorkerFixture();
    ~WorkerFixture();
    WorkerFixture(const WorkerFixture&) = delete;
    WorkerFixture& operator=(const WorkerFixture&) = delete;
    WorkerFixture(WorkerFixture&&) = delete;
    WorkerFixture& operator=(WorkerFixture&&) = delete;

    /// Writes a module of the application.
    void write(const std::string& name, const std::string& text);
    [[nodiscard]] const std::filesystem::path& app() const noexcept { return app_; }

    /// Environment variables of the worker beyond the usual ones.
    std::map<std::string, std::string> environment;

    /// Starts the process; `start` also waits for READY, which it returns.
    void spawn();
    const proto::Ready& start();

    /// Sends one request (several: one message) and returns the ids.
    std::uint64_t send(const Sent& sent);
    std::vector<std::uint64_t> send(const std::vector<Sent>& batch);
    template <class Envelope>
    void say(const Envelope& envelope) {
        std::string bytes;
        proto::encode(envelope, bytes);
        send_bytes(bytes);
    }
    void send_bytes(const std::string& bytes);

    /// Waits for the reply of a request. Throws std::runtime_error after 20 s, or when the worker
    /// is gone.
    Got reply(std::uint64_t id);
    Got get(const std::string& path, const std::string& query = "");
    Got post_json(const std::string& path, const std::string& json);
    [[nodiscard]] bool has_reply(std::uint64_t id) const { return replies.contains(id); }

    /// Receives until `condition` holds. Throws std::runtime_error after 20 s.
    void until(const std::function<bool()>& condition);
    /// The exit status as of waitpid(2); throws after 20 s.
    int wait_exit();
    /// Closes the gateway's end of the lifeline.
    void cut_lifeline();

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    [[nodiscard]] bool started(std::uint32_t slot, std::uint64_t id) const {
        return ledger_.started(slot, id);
    }
    [[nodiscard]] std::uint32_t slot_of(std::uint64_t id) const noexcept {
        return static_cast<std::uint32_t>(id % 2048);
    }

    std::optional<proto::Ready> ready;
    std::optional<proto::StartError> start_error;
    std::optional<proto::Pong> pong;
    std::optional<proto::Bye> bye;
    std::map<std::uint64_t, Got> replies;

    /// Takes what has come; waits at most `wait` for something.
    bool receive(std::chrono::milliseconds wait);
    /// The next message as it is, for benchmarks; empty when none came within `wait`.
    [[nodiscard]] zmq::message_t receive_raw(std::chrono::milliseconds wait);

private:
    [[nodiscard]] std::vector<std::string> variables() const;
    void take(proto::Envelope& envelope);

    std::filesystem::path directory_;
    std::filesystem::path app_;
    std::string endpoint_;
    zmq::context_t context_{1};
    zmq::socket_t router_{context_, zmq::socket_type::router};
    proto::Ledger ledger_;
    int lifeline_ = -1;  // the write end
    pid_t pid_ = -1;
    std::uint64_t next_id_ = 1;
    proto::BatchReader reader_;
};

}  // namespace typhon::tests
