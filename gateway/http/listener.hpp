// A listening socket: accepts and hands descriptors on. It does not make it (listen_socket.hpp) or
// serve what it accepts (server.hpp).
//
// Loop 0 only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "gateway/asio.hpp"
#include "gateway/http/listen_socket.hpp"

namespace typhon::http {

class Listener {
public:
    Listener(asio::io_context& loop, ListenSocket socket);
    /// Binds and listens. `host` is an IPv4 or IPv6 address or a name (its first address). Throws
    /// ListenError.
    Listener(asio::io_context& loop, const std::string& host, std::uint16_t port);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    Listener(Listener&&) = delete;
    Listener& operator=(Listener&&) = delete;

    /// The port that was bound; a free one when 0 was asked for.
    [[nodiscard]] std::uint16_t port() const noexcept { return made_.port; }
    /// "127.0.0.1:3000", "unix:/run/typhon.sock".
    [[nodiscard]] const std::string& text() const noexcept { return made_.text; }
    /// "https://127.0.0.1:8443", "unix:/run/typhon.sock".
    [[nodiscard]] std::string url() const { return made_.url(); }
    [[nodiscard]] bool tls() const noexcept { return made_.tls; }

    /// From now on `accepted` gets the descriptor of each new connection, non-blocking and
    /// close-on-exec, and owns it. Goes on when the process is out of descriptors.
    void start(std::function<void(int fd)> accepted);

    /// Accepts what waits in the backlog, then closes; the file of a unix socket is removed first.
    /// Idempotent.
    void stop();

private:
    void wait();
    [[nodiscard]] bool accept_some(int most);
    [[nodiscard]] bool survive(int fault);
    void open_spare();

    ListenSocket made_;  // its descriptor belongs to socket_
    asio::posix::basic_stream_descriptor<LoopExecutor> socket_;
    std::function<void(int)> accepted_;
    int spare_ = -1;  // given up to accept and close a connection when no descriptor is left
    bool out_of_descriptors_ = false;
};

}  // namespace typhon::http
