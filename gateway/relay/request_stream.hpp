// The body of a request that goes to its worker piece by piece: how much may be sent now, between
// the relay, which knows, and the connection, which reads that much from its client. The pieces
// themselves go by the Port.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "gateway/asio.hpp"

namespace typhon::relay {

struct Pending;

class RequestStream : public std::enable_shared_from_this<RequestStream> {
public:
    /// For a caller on `loop`.
    explicit RequestStream(asio::io_context& loop) : loop_(loop) {}

    // --- the caller, on its loop ---

    /// Called after each change of the three below. Reset it before what it uses dies.
    std::function<void()> on_change;

    /// Bytes that may be sent now: none before the request has been dispatched, or after its end.
    [[nodiscard]] std::size_t credit() const;
    /// The handler has begun to read.
    [[nodiscard]] bool is_read() const;
    /// Nobody wants the rest: the request has been answered, or given up.
    [[nodiscard]] bool closed() const;

    /// Notes that `bytes` of the credit are used: the request is bound to its worker from now on.
    /// False when there is no credit for them any more.
    [[nodiscard]] bool take(std::size_t bytes);

    // --- the relay, on loop 0 ---

    /// The request has been dispatched: the first window.
    void open();
    /// The dispatch did not count. False when pieces have been sent, which are lost.
    [[nodiscard]] bool revoke();
    /// The handler has read so much.
    void grant(std::size_t bytes);
    /// Later calls change nothing.
    void close();

    Pending* pending = nullptr;  // the relay's side, while it has one; loop 0
    std::size_t unread = 0;      // bytes that were sent and not granted again; loop 0
    bool ended = false;          // the worker has been told that nothing follows; loop 0

private:
    void notify();

    asio::io_context& loop_;
    mutable std::mutex mutex_;
    std::size_t credit_ = 0;
    bool begun_ = false;
    bool is_read_ = false;
    bool closed_ = false;
    bool notified_ = false;  // a wake-up is on its way to the loop
};

}  // namespace typhon::relay
