// The gateway's ROUTER socket: whole batches to and from named workers. The only gateway file that
// names ZeroMQ.
//
// Used by loop 0 alone (the socket belongs to one thread at a time). Signals change nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/relay/call.hpp"

namespace typhon::relay {

/// One received batch. `frame` keeps the bytes alive.
struct Batch {
    std::string identity;
    std::string_view bytes;
    FrameHold frame;
};

class RouterSocket {
public:
    /// Binds `endpoint` ("ipc:///run/dir/relay.sock"). Throws std::runtime_error with the endpoint
    /// and the reason.
    explicit RouterSocket(const std::string& endpoint);
    ~RouterSocket();
    RouterSocket(const RouterSocket&) = delete;
    RouterSocket& operator=(const RouterSocket&) = delete;
    RouterSocket(RouterSocket&&) = delete;
    RouterSocket& operator=(RouterSocket&&) = delete;

    /// The descriptor to watch; edge-triggered: after it fires call receive() until it returns
    /// nothing.
    [[nodiscard]] int fd() const noexcept { return fd_; }

    /// Sends one batch. False when no such peer is connected (the batch is dropped). Never blocks.
    [[nodiscard]] bool send(const std::string& identity, std::string_view bytes);

    /// The next batch, or nothing when none waits. Never blocks. Messages of another shape are
    /// dropped and counted.
    [[nodiscard]] std::optional<Batch> receive();
    [[nodiscard]] std::uint64_t misshapen() const noexcept { return misshapen_; }

private:
    struct Sockets;
    std::unique_ptr<Sockets> sockets_;
    std::uint64_t misshapen_ = 0;
    int fd_ = -1;
};

}  // namespace typhon::relay
