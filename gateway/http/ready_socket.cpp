#include "gateway/http/ready_socket.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace typhon::http {

namespace {

constexpr std::size_t kMaxInARow = 256U << 10;  // bytes; then other connections get their turn

/// The bytes left in the kernel's buffer after a read, at least 1 after the client's end of the
/// stream. Not 0 when the kernel did not say.
int bytes_left(msghdr& message) noexcept {
    int left = 1;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level == SOL_TCP && part->cmsg_type == TCP_CM_INQ) {
            std::memcpy(&left, CMSG_DATA(part), sizeof left);
        }
    }
    return left;
}

}  // namespace

ReadySocket::ReadySocket(asio::io_context& loop, int fd)
    : basic_stream_socket(loop), reactor_(asio::use_service<asio::detail::reactor>(loop)) {
    error_code ignored;  // assign() fails only when a socket is open already
    assign(asio::generic::stream_protocol(AF_UNSPEC, 0), fd, ignored);
    native_non_blocking(true, ignored);
    const int on = 1;  // fails for another kind of socket, which then is asked once more each time
    (void)::setsockopt(fd, SOL_TCP, TCP_INQ, &on, sizeof on);
}

std::size_t ReadySocket::receive_raw(char* data, std::size_t size) noexcept {
    iovec part{data, size};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control;
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ssize_t received = 0;
    do {
        received = ::recvmsg(native_handle(), &message, MSG_DONTWAIT);
    } while (received < 0 && errno == EINTR);
    if (received < 0) {
        drained_ = errno == EAGAIN || errno == EWOULDBLOCK;
        return drained_ ? kNothing : 0;
    }
    drained_ = received > 0 && bytes_left(message) == 0;
    return static_cast<std::size_t>(received);
}

std::size_t ReadySocket::send_raw(const char* data, std::size_t size) noexcept {
    ssize_t sent = 0;
    do {
        sent = ::send(native_handle(), data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        return errno == EAGAIN || errno == EWOULDBLOCK ? kNothing : 0;
    }
    return static_cast<std::size_t>(sent);
}

Task<bool> ReadySocket::writable() {
    error_code fault;
    co_await Base::async_wait(Base::wait_write, asio::redirect_error(kUseTask, fault));
    co_return !fault;
}

Task<std::size_t> ReadySocket::read_some(char* data, std::size_t size) {
    std::size_t read = drained() ? kNothing : receive(data, size);
    while (read == kNothing) {
        in_a_row_ = 0;
        read = co_await readable() ? receive(data, size) : 0;
    }
    in_a_row_ += read;
    if (in_a_row_ >= kMaxInARow) {
        in_a_row_ = 0;
        co_await asio::post(get_executor(), kUseTask);
    }
    co_return read;
}

void ReadySocket::start_wait(Handler handler) {
    wait_.handler.emplace(std::move(handler));
    start_wait();
}

void ReadySocket::notify_readable(std::function<void(bool)> notify) {
    wait_.notify = [this, notify = std::move(notify)](bool may_read) {
        drained_ = false;  // a receive() meanwhile may have found nothing
        notify(may_read);
    };
    start_wait();
}

void ReadySocket::start_wait() {
    wait_.ec_ = {};
    drained_ = false;
    reactor_.start_op(asio::detail::reactor::read_op,
                      native_handle(),
                      impl_.get_implementation().reactor_data_,
                      &wait_,
                      false,
                      true);
}

void ReadySocket::Wait::complete_wait(void* owner,
                                      asio::detail::operation* self,
                                      const error_code& /*fault*/,
                                      std::size_t /*size*/) {
    auto* wait = static_cast<Wait*>(self);
    if (const auto notify = std::exchange(wait->notify, nullptr)) {
        if (owner != nullptr) {
            notify(!wait->ec_);
        }
        return;
    }
    Handler handler = std::move(*wait->handler);
    wait->handler.reset();
    if (owner != nullptr) {  // null: the loop is being destroyed
        handler(!wait->ec_);
    }
}

}  // namespace typhon::http
