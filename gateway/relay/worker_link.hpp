// What relay and supervisor say to each other about workers. A worker start is named by its ZeroMQ
// identity, which is unique to that start: the relay knows connections, the supervisor knows
// processes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "proto/envelope.hpp"
#include "proto/ledger.hpp"

namespace typhon {

/// What the gateway should do with Python requests while no worker is active.
enum class Availability : std::uint8_t {
    waiting,   // a worker is on its way: requests wait in the queue until their deadline
    failed,    // the workers cannot start: 503 with Retry-After at once, also for what is queued
    stopping,  // the gateway stops and no worker is left: 503
};

/// One worker start as the relay sees it.
struct LinkStatus {
    std::string identity;
    std::uint32_t in_flight = 0;
    std::uint64_t served = 0;
    proto::Pong last_pong;
};

/// What the relay did not take from its socket: messages of strangers, malformed frames; and
/// envelopes.
struct RefusedCounts {
    std::uint64_t strangers = 0;  // from a peer that the gateway has not started
    std::uint64_t greetings = 0;  // READY with a wrong token or version, or not the first
    std::uint64_t malformed = 0;
    std::uint64_t misplaced =
        0;  // before READY, ERROR after it, or of a kind that workers do not send
    std::uint64_t replies = 0;  // to a request that the worker does not have

    friend bool operator==(const RefusedCounts&, const RefusedCounts&) = default;
};

/// A copy of the relay's figures, at most 200 ms old.
struct RelayStatus {
    std::vector<LinkStatus> workers;
    RefusedCounts refused;
    std::size_t queue_depth = 0;
    std::size_t queue_bytes = 0;
    std::size_t queue_limit = 0;
};

/// Supervisor to relay. Any thread; each call posts to loop 0 and returns at once. Calls from one
/// thread take effect in order.
class WorkerControl {
public:
    WorkerControl() = default;
    WorkerControl(const WorkerControl&) = delete;
    WorkerControl& operator=(const WorkerControl&) = delete;
    WorkerControl(WorkerControl&&) = delete;
    WorkerControl& operator=(WorkerControl&&) = delete;
    virtual ~WorkerControl() = default;

    /// A start with this identity may connect, from the return on, and must say READY with `token`.
    virtual void expect(const std::string& identity,
                        const std::string& token,
                        std::shared_ptr<proto::Ledger> ledger) = 0;

    /// These ready starts serve from now on, and every other start stops getting requests (it keeps
    /// what it has): one step, so that a switch of generations loses nothing.
    virtual void serve_only(const std::vector<std::string>& identities) = 0;

    /// Once the start's requests are answered, or after `left_ms`, tells it to DRAIN.
    virtual void drain(const std::string& identity, std::uint32_t left_ms) = 0;

    /// The process is gone: settle its requests by the ledger and forget it.
    virtual void forget(const std::string& identity) = 0;

    virtual void set_availability(Availability availability, std::uint32_t retry_after_s) = 0;

    /// A copy of the figures, at most 200 ms old; does not wait for loop 0.
    [[nodiscard]] virtual RelayStatus status() const = 0;
};

/// A worker of which requests have not ended, though their deadline and the grace are over.
struct HangReport {
    std::uint32_t requests = 0;
    std::uint32_t overdue_ms = 0;  // the oldest of them, since its client was answered 504
    bool goes_on = false;          // others of its requests still get their answers
    bool first = false;            // of this hang; later ones say that it lasts, or got worse
};

/// Relay to supervisor. Called on loop 0; an implementation posts and returns at once.
class WorkerEvents {
public:
    WorkerEvents() = default;
    WorkerEvents(const WorkerEvents&) = delete;
    WorkerEvents& operator=(const WorkerEvents&) = delete;
    WorkerEvents(WorkerEvents&&) = delete;
    WorkerEvents& operator=(WorkerEvents&&) = delete;
    virtual ~WorkerEvents() = default;

    virtual void on_ready(const std::string& identity, const proto::Ready& ready) = 0;
    virtual void on_start_error(const std::string& identity, const proto::StartError& error) = 0;
    /// DRAIN was sent: the process should exit soon by itself.
    virtual void on_draining(const std::string& identity) = 0;
    /// A signal has asked it to end. Told again with each of its PONGs.
    virtual void on_leaving(const std::string& identity) = 0;
    /// Nothing was heard from it for silent_ms although it was asked.
    virtual void on_silent(const std::string& identity, std::uint32_t silent_ms) = 0;
    /// Handlers hang in it. Told again each ten seconds, and when nothing in it goes on any more.
    virtual void on_hung(const std::string& identity, const HangReport& report) = 0;
};

}  // namespace typhon
