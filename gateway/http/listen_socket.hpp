// Makes listening sockets: TCP, unix, or those that systemd hands over. It does not accept
// (listener.hpp).
//
// Blocks shortly: for the name of a host, and for the lock of a unix socket's directory.
#pragma once

#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

#include "gateway/http/socket_file.hpp"
#include "gateway/options.hpp"
#include "gateway/supervisor/unique_fd.hpp"

namespace typhon::http {

/// The address cannot be bound; the text names it and the reason.
class ListenError : public std::system_error {
    using std::system_error::system_error;
};

struct ListenSocket {
    UniqueFd fd;             // bound and listening, non-blocking, close-on-exec
    std::string text;        // "127.0.0.1:3000", "[::1]:3000", "unix:/run/typhon.sock"
    std::uint16_t port = 0;  // that was bound; 0: it is no TCP socket
    bool tls = false;
    SocketFile file;  // removed with it

    /// "http://127.0.0.1:3000", "https://[::1]:8443", "unix:/run/typhon.sock".
    [[nodiscard]] std::string url() const;
};

/// Binds and listens on a TCP or unix address. A host name counts with its first address; an IPv6
/// address takes no IPv4 connections. A unix socket that nobody listens on any more is replaced.
/// Throws ListenError.
[[nodiscard]] ListenSocket listen_on(const ListenAddress& address);

/// The sockets that systemd has made for this process (sd_listen_fds(3)), at least one. One that is
/// named "https" speaks TLS, and so do all when `tls`. Takes the variables out of the environment.
/// Throws ListenError when there is none, or one is no listening stream socket.
[[nodiscard]] std::vector<ListenSocket> sockets_of_systemd(bool tls);

/// All of `addresses`, in order. Throws ListenError; then nothing stays open.
[[nodiscard]] std::vector<ListenSocket> listen_on_all(const std::vector<ListenAddress>& addresses);

}  // namespace typhon::http
