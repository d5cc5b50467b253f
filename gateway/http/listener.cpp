#include "gateway/http/listener.hpp"

#include <bit>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

namespace typhon::http {

namespace {

constexpr int kBacklog = 4096;
constexpr int kAcceptsInARow = 64;

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

int make_socket(const addrinfo& address) {
    const int fd = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    if (fd >= 0) {
        ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        // Accepted sockets inherit it: one system call for all.
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    return fd;
}

std::uint16_t bound_port(int fd) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    ::getsockname(fd, std::bit_cast<sockaddr*>(&storage), &size);
    return ntohs(storage.ss_family == AF_INET6
                     ? std::bit_cast<const sockaddr_in6*>(&storage)->sin6_port
                     : std::bit_cast<const sockaddr_in*>(&storage)->sin_port);
}

bool is_exhaustion(int fault) {
    return fault == EMFILE || fault == ENFILE || fault == ENOBUFS || fault == ENOMEM;
}

}  // namespace

Listener::Listener(asio::io_context& loop, const std::string& host, std::uint16_t port)
    : socket_(loop) {
    const AddressList address = resolve(host, port);
    const int fd = make_socket(*address);
    const std::string where = "cannot listen on " + host + " port " + std::to_string(port);
    if (fd < 0) {
        fail(errno, where);
    }
    socket_.assign(fd);
    if (::bind(fd, address->ai_addr, address->ai_addrlen) != 0 || ::listen(fd, kBacklog) != 0) {
        fail(errno, where);
    }
    port_ = bound_port(fd);
    open_spare();
}

Listener::~Listener() {
    if (spare_ >= 0) {
        ::close(spare_);
    }
}

void Listener::open_spare() {
    spare_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void Listener::start(std::function<void(int fd)> accepted) {
    accepted_ = std::move(accepted);
    wait();
}

void Listener::wait() {
    socket_.async_wait(asio::posix::descriptor_base::wait_read, [this](const error_code& fault) {
        if (!fault) {
            (void)accept_some(kAcceptsInARow);
            wait();
        }
    });
}

/// True when the backlog is empty.
bool Listener::accept_some(int most) {
    for (int accepted = 0; accepted < most; ++accepted) {
        const int fd =
            ::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            out_of_descriptors_ = false;
            accepted_(fd);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK || !survive(errno)) {
            return true;
        }
    }
    return false;
}

/// True when accepting can go on after this fault.
bool Listener::survive(int fault) {
    if (!is_exhaustion(fault)) {
        return true;  // of that connection alone, accept(2)
    }
    if (!std::exchange(out_of_descriptors_, true)) {
        spdlog::warn("Out of descriptors or memory: new connections are closed");
    }
    if (spare_ < 0) {
        open_spare();
        return spare_ >= 0;
    }
    ::close(std::exchange(spare_, -1));
    const int fd = ::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) {
        ::close(fd);
    }
    open_spare();
    return fd >= 0;
}

void Listener::stop() {
    if (!socket_.is_open()) {
        return;
    }
    while (accepted_ && !accept_some(kAcceptsInARow)) {
    }
    error_code ignored;
    socket_.close(ignored);
}

}  // namespace typhon::http
