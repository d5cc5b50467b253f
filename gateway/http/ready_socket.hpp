// A client's socket that knows when it has been read empty, so that waiting for the next request
// costs no system call.
//
// Asio's async_read_some tries to read before it waits, and async_wait tells epoll anew; either is
// a system call for each request that brings nothing. Here the kernel says with each read how much
// is left (TCP_INQ, Linux 4.18, see tcp(7)), and the wait relies on the edge that epoll reports
// anyway. It uses the reactor of Asio 1.74 below its public interface, here and nowhere else;
// Asio's own ways to read would wait for an edge that has been taken, so they are hidden. Loop
// thread only.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/detail/reactor_op.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include "gateway/asio.hpp"
#include "gateway/http/tls_session.hpp"

namespace typhon::http {

class ReadySocket
    : private asio::basic_stream_socket<asio::generic::stream_protocol, LoopExecutor> {
    using Base = asio::basic_stream_socket<asio::generic::stream_protocol, LoopExecutor>;

public:
    using Base::async_write_some;
    using Base::cancel;
    using Base::close;
    using Base::executor_type;
    using Base::get_executor;
    using Base::is_open;
    using Base::native_handle;
    using Base::shutdown;
    using Base::shutdown_send;

    /// Takes ownership of `fd`, a connected stream socket, and makes it non-blocking.
    ReadySocket(asio::io_context& loop, int fd);

    /// From now on what is received and sent is encrypted: shake hands by tls() first. Throws
    /// std::bad_alloc.
    void start_tls(const TlsContext& context) {
        tls_ = std::make_unique<TlsSession>(context, *this);
    }
    /// The session; null without TLS. With it, what is sent goes by its write().
    [[nodiscard]] TlsSession* tls() const noexcept { return tls_.get(); }
    /// From now on the socket is plain again.
    void drop_tls() noexcept { tls_.reset(); }

    /// What receive() says when there is nothing to read now.
    static constexpr std::size_t kNothing = SIZE_MAX;

    /// Reads at once what is there, at most `size` bytes. 0: the client has ended the stream, or
    /// the connection is broken. Never blocks.
    [[nodiscard]] std::size_t receive(char* data, std::size_t size) noexcept {
        return tls_ == nullptr ? receive_raw(data, size) : tls_->read(data, size);
    }

    /// True when receive() would find nothing, unless readable() says otherwise since.
    [[nodiscard]] bool drained() const noexcept {
        return drained_ && (tls_ == nullptr || !tls_->has_pending());
    }

    /// Waits until there may be something to receive; false when the wait was cancelled. Only after
    /// receive() found nothing, or drained(). One wait at a time.
    auto readable() {
        return asio::async_initiate<const Token, void(bool)>(
            [this](Handler&& handler) { start_wait(std::move(handler)); }, kUseTask);
    }

    /// The same for code that waits for other things besides: `notify(may_read)` is called once, by
    /// the loop, and what it refers to must live until then.
    void notify_readable(std::function<void(bool)> notify);
    /// True until notify() has been called.
    [[nodiscard]] bool notifies() const noexcept { return wait_.notify != nullptr; }

    /// Reads at most `size` bytes as soon as there are any. 0: the end of the stream, a broken
    /// connection, or the wait was cancelled.
    Task<std::size_t> read_some(char* data, std::size_t size);

    /// Waits until the socket takes bytes; false when the wait was cancelled.
    Task<bool> writable();

private:
    friend class TlsSession;
    using Token = asio::use_awaitable_t<LoopExecutor>;
    using Handler = asio::async_result<Token, void(bool)>::handler_type;

    /// The one wait of this socket; a member, so that nothing is allocated for it.
    class Wait final : public asio::detail::reactor_op {
    public:
        Wait() : reactor_op({}, &Wait::perform_edge, &Wait::complete_wait) {}

        std::optional<Handler> handler;
        std::function<void(bool)> notify;  // set: instead of the handler

    private:
        /// "Exhausted" makes Asio forget the edge: the next wait needs a new one.
        static status perform_edge(reactor_op* /*self*/) { return done_and_exhausted; }
        static void complete_wait(void* owner,
                                  asio::detail::operation* self,
                                  const error_code& fault,
                                  std::size_t size);
    };

    void start_wait(Handler handler);
    void start_wait();
    [[nodiscard]] std::size_t receive_raw(char* data, std::size_t size) noexcept;
    /// Bytes that the socket took; kNothing when it takes none now, 0 when it is broken.
    [[nodiscard]] std::size_t send_raw(const char* data, std::size_t size) noexcept;

    asio::detail::reactor& reactor_;
    Wait wait_;
    std::unique_ptr<TlsSession> tls_;
    std::size_t in_a_row_ = 0;  // bytes read by read_some() without a wait
    bool drained_ = false;
};

}  // namespace typhon::http
