// The addresses of a socket, read out of what the kernel gives.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <boost/asio/ip/address.hpp>
#include <sys/socket.h>

#include "gateway/asio.hpp"

namespace typhon::http {

struct SocketAddress {
    sa_family_t family = AF_UNSPEC;
    asio::ip::address ip;    // of AF_INET and AF_INET6, without a scope
    std::uint16_t port = 0;  // of the same
    std::string path;        // of AF_UNIX; empty when it has no name

    /// Whether `ip` and `port` hold.
    [[nodiscard]] bool is_ip() const noexcept { return family == AF_INET || family == AF_INET6; }
};

/// Where the socket `fd` is bound; empty when it is no socket. Any thread.
[[nodiscard]] std::optional<SocketAddress> own_address(int fd);

/// The other end of the socket `fd`; empty when it is not connected. Any thread.
[[nodiscard]] std::optional<SocketAddress> peer_address(int fd);

/// "127.0.0.1:80", "[::1]:80".
[[nodiscard]] std::string place_text(const std::string& host, std::uint16_t port);

}  // namespace typhon::http
