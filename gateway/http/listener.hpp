// The listening socket: accepts and hands descriptors on. It does not serve them (server.hpp).
//
// Loop 0 only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <system_error>

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "gateway/asio.hpp"

namespace typhon::http {

/// The address cannot be bound; the text names it and the reason.
class ListenError : public std::system_error {
    using std::system_error::system_error;
};

class Listener {
public:
    /// Binds and listens. `host` is an IPv4 or IPv6 address or a name (its first address). Throws
    /// ListenError.
    Listener(asio::io_context& loop, const std::string& host, std::uint16_t port);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    Listener(Listener&&) = delete;
    Listener& operator=(Listener&&) = delete;

    /// The port that was bound; a free one when 0 was asked for.
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    /// From now on `accepted` gets the descriptor of each new connection, non-blocking and
    /// close-on-exec, and owns it. Goes on when the process is out of descriptors.
    void start(std::function<void(int fd)> accepted);

    /// Accepts what waits in the backlog, then closes. Idempotent.
    void stop();

private:
    void wait();
    [[nodiscard]] bool accept_some(int most);
    [[nodiscard]] bool survive(int fault);
    void open_spare();

    asio::posix::basic_stream_descriptor<LoopExecutor> socket_;
    std::function<void(int)> accepted_;
    std::uint16_t port_ = 0;
    int spare_ = -1;  // given up to accept and close a connection when no descriptor is left
    bool out_of_descriptors_ = false;
};

}  // namespace typhon::http
