#include "gateway/http/listener.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

namespace typhon::http {

namespace {

constexpr int kAcceptsInARow = 64;

ListenAddress tcp_address(const std::string& host, std::uint16_t port) {
    ListenAddress address;
    address.host = host;
    address.port = port;
    return address;
}

bool is_exhaustion(int fault) {
    return fault == EMFILE || fault == ENFILE || fault == ENOBUFS || fault == ENOMEM;
}

}  // namespace

Listener::Listener(asio::io_context& loop, ListenSocket socket)
    : made_(std::move(socket)), socket_(loop, made_.fd.release()) {
    open_spare();
}

Listener::Listener(asio::io_context& loop, const std::string& host, std::uint16_t port)
    : Listener(loop, listen_on(tcp_address(host, port))) {}

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
    made_.file.remove();
    while (accepted_ && !accept_some(kAcceptsInARow)) {
    }
    error_code ignored;
    socket_.close(ignored);
}

}  // namespace typhon::http
