// The body of an answer that a worker sends piece by piece: between the relay, which appends, and
// the connection, which takes and sends. What it holds is bounded by the credit that the worker has
// (kStreamWindow); the relay sees to that.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "gateway/asio.hpp"
#include "gateway/wake_up.hpp"

namespace typhon::relay {

struct Pending;

class ReplyStream : public std::enable_shared_from_this<ReplyStream> {
public:
    enum class State : std::uint8_t {
        running,
        finished,
        failed,  // the body is cut off
    };

    /// For a caller on `loop`. `pending` is the relay's side of request `id`.
    ReplyStream(asio::io_context& loop, Pending& pending, std::uint64_t id)
        : loop_(loop), wake_up_(loop), pending_(pending), id_(id) {}

    // --- the relay, on loop 0 ---
    void append(std::string_view bytes);
    /// Nothing follows; the handler took `run_us`, 0 when nobody knows. Later calls change nothing.
    void close(State state, std::uint32_t run_us = 0);
    /// Its worker is to end soon: a WebSocket is closed.
    void retire();

    // --- the caller, on its loop ---
    /// Swaps what has arrived into `out` (empty before).
    [[nodiscard]] State take(std::string& out);
    /// See close().
    [[nodiscard]] std::uint32_t run_us();
    [[nodiscard]] bool retired() const noexcept { return retired_; }
    /// Returns when there is something new to take, or after wake().
    Task<void> wait() { return wake_up_.wait(); }
    void wake() { wake_up_.wake(); }

    [[nodiscard]] Pending& pending() const noexcept { return pending_; }
    [[nodiscard]] std::uint64_t id() const noexcept { return id_; }

private:
    void notify();

    asio::io_context& loop_;
    WakeUp wake_up_;
    Pending& pending_;
    const std::uint64_t id_;

    std::mutex mutex_;
    std::string ready_;
    State state_ = State::running;
    std::uint32_t run_us_ = 0;
    std::atomic<bool> retired_ = false;
    bool notified_ = false;  // a wake-up is on its way to the loop
};

}  // namespace typhon::relay
