#include "gateway/http/listen_socket.hpp"

#include <cerrno>
#include <iterator>
#include <memory>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "gateway/http/socket_address.hpp"

namespace typhon::http {

namespace {

constexpr int kBacklog = 4096;

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

[[noreturn]] void fail(int fault, const std::string& what) {
    throw ListenError(fault, std::generic_category(), what);
}

AddressList resolve(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int fault = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (fault != 0) {
        fail(EADDRNOTAVAIL, "cannot listen on " + host + ": " + ::gai_strerror(fault));
    }
    return {found, &::freeaddrinfo};
}

UniqueFd make_socket(int family) {
    UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    if (fd.valid() && family != AF_UNIX) {
        ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        // Accepted sockets inherit it: one system call for all.
        ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    if (family == AF_INET6) {  // so that [::]:80 and 0.0.0.0:80 go together
        ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    return fd;
}

ListenSocket listen_on_tcp(const ListenAddress& address) {
    const AddressList found = resolve(address.host, address.port);
    const std::string where =
        "cannot listen on " + address.host + " port " + std::to_string(address.port);
    ListenSocket made;
    made.fd = make_socket(found->ai_family);
    if (!made.fd.valid() || ::bind(made.fd.get(), found->ai_addr, found->ai_addrlen) != 0 ||
        ::listen(made.fd.get(), kBacklog) != 0) {
        fail(errno, where);
    }
    made.port = own_address(made.fd.get()).value_or(SocketAddress()).port;
    made.text = place_text(address.host, made.port);
    return made;
}

ListenSocket listen_on_unix(const ListenAddress& address) {
    ListenSocket made;
    made.text = "unix:" + address.path;
    made.fd = make_socket(AF_UNIX);
    const int fault = made.fd.valid()
                          ? made.file.bind(made.fd.get(), address.path, address.mode, kBacklog)
                          : errno;
    if (fault != 0) {
        fail(fault, "cannot listen on " + made.text);
    }
    return made;
}

}  // namespace

std::string ListenSocket::url() const {
    return tls ? "https://" + text : port != 0 ? "http://" + text : text;
}

ListenSocket listen_on(const ListenAddress& address) {
    ListenSocket made = address.kind == ListenAddress::Kind::unix_socket ? listen_on_unix(address)
                                                                         : listen_on_tcp(address);
    made.tls = address.tls;
    return made;
}

std::vector<ListenSocket> listen_on_all(const std::vector<ListenAddress>& addresses) {
    std::vector<ListenSocket> all;
    for (const ListenAddress& address : addresses) {
        if (address.kind == ListenAddress::Kind::systemd) {
            std::vector<ListenSocket> passed = sockets_of_systemd(address.tls);
            std::move(passed.begin(), passed.end(), std::back_inserter(all));
        } else {
            all.push_back(listen_on(address));
        }
    }
    return all;
}

}  // namespace typhon::http
