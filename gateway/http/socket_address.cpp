#include "gateway/http/socket_address.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <netinet/in.h>
#include <sys/un.h>

namespace typhon::http {

namespace {

using Ask = int (*)(int, sockaddr*, socklen_t*);

template <class Form>
Form as(const sockaddr_storage& storage) noexcept {
    Form form{};
    std::memcpy(&form, &storage, sizeof form);
    return form;
}

SocketAddress read_v4(const sockaddr_in& v4) {
    return {.family = AF_INET,
            .ip = asio::ip::make_address_v4(ntohl(v4.sin_addr.s_addr)),
            .port = ntohs(v4.sin_port),
            .path = {}};
}

SocketAddress read_v6(const sockaddr_in6& v6) {
    asio::ip::address_v6::bytes_type bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return {.family = AF_INET6,
            .ip = asio::ip::make_address_v6(bytes),
            .port = ntohs(v6.sin6_port),
            .path = {}};
}

/// A path ends with the address or before, with a zero byte (unix(7)).
SocketAddress read_unix(const sockaddr_un& address, socklen_t size) {
    const std::size_t begin = offsetof(sockaddr_un, sun_path);
    const std::size_t most = std::clamp<std::size_t>(size, begin, sizeof address) - begin;
    return {.family = AF_UNIX,
            .ip = {},
            .port = 0,
            .path = std::string(address.sun_path, ::strnlen(address.sun_path, most))};
}

std::optional<SocketAddress> ask(Ask call, int fd) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    if (call(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
        return std::nullopt;
    }
    switch (storage.ss_family) {
        case AF_INET:
            return read_v4(as<sockaddr_in>(storage));
        case AF_INET6:
            return read_v6(as<sockaddr_in6>(storage));
        case AF_UNIX:
            return read_unix(as<sockaddr_un>(storage), size);
        default:
            return SocketAddress{};
    }
}

}  // namespace

std::optional<SocketAddress> own_address(int fd) {
    return ask(&::getsockname, fd);
}

std::optional<SocketAddress> peer_address(int fd) {
    return ask(&::getpeername, fd);
}

std::string place_text(const std::string& host, std::uint16_t port) {
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

}  // namespace typhon::http
