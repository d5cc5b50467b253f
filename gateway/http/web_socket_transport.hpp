// A client's socket, plain or with TLS, as the stream that Boost.Beast reads and writes. Loop
// thread only.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/beast/core/role.hpp>

#include "gateway/http/read_buffer.hpp"
#include "gateway/http/ready_socket.hpp"

namespace typhon::http {

class WebSocketTransport {
public:
    using executor_type = LoopExecutor;  // NOLINT(readability-identifier-naming): Asio's name

    WebSocketTransport(ReadySocket& socket, ReadBuffer& received)
        : socket_(socket), received_(received) {}

    [[nodiscard]] executor_type get_executor() noexcept { return socket_.get_executor(); }

    /// Something has come since the last call.
    [[nodiscard]] bool heard() noexcept { return std::exchange(heard_, false); }
    /// Bytes that the socket has taken, or that its TLS has.
    [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }
    void close() noexcept {
        error_code ignored;
        socket_.close(ignored);
    }

    template <class Buffers, class Handler>
    auto async_read_some(const Buffers& buffers, Handler&& handler) {
        return asio::async_initiate<Handler, void(error_code, std::size_t)>(
            [this](auto&& done, const Buffers& into) {
                spawn(read(first_of<asio::mutable_buffer>(into)),
                      std::forward<decltype(done)>(done));
            },
            handler,
            buffers);
    }

    template <class Buffers, class Handler>
    auto async_write_some(const Buffers& buffers, Handler&& handler) {
        return asio::async_initiate<Handler, void(error_code, std::size_t)>(
            [this](auto&& done, const Buffers& from) {
                auto block = std::make_unique<Block>();
                const std::size_t size = asio::buffer_copy(asio::buffer(*block), from);
                spawn(write(std::move(block), size), std::forward<decltype(done)>(done));
            },
            handler,
            buffers);
    }

private:
    using Block = std::array<char, std::size_t{16} << 10>;

    template <class Buffer, class Buffers>
    static Buffer first_of(const Buffers& buffers) {
        const auto end = asio::buffer_sequence_end(buffers);
        for (auto it = asio::buffer_sequence_begin(buffers); it != end; ++it) {
            if (Buffer(*it).size() != 0) {
                return *it;
            }
        }
        return {};
    }

    /// 0 bytes: the end of the stream, or a broken connection.
    template <class Done>
    void spawn(Task<std::size_t> work, Done done) {
        asio::co_spawn(
            get_executor(),
            std::move(work),
            [done = std::move(done)](const std::exception_ptr& thrown, std::size_t size) mutable {
                const bool failed = thrown != nullptr || size == 0;
                done(failed ? error_code(asio::error::eof) : error_code(), failed ? 0 : size);
            });
    }

    Task<std::size_t> read(asio::mutable_buffer into) {
        std::size_t size = std::min(received_.bytes().size(), into.size());
        if (size != 0) {
            std::memcpy(into.data(), received_.bytes().data(), size);
            received_.consume(size);
        } else {
            size = co_await socket_.read_some(static_cast<char*>(into.data()), into.size());
        }
        heard_ = heard_ || size != 0;
        co_return size;
    }

    Task<std::size_t> write(std::unique_ptr<Block> block, std::size_t size) {
        if (socket_.tls() == nullptr) {
            error_code fault;
            const std::size_t sent = co_await socket_.async_write_some(
                asio::buffer(block->data(), size), asio::redirect_error(kUseTask, fault));
            sent_ += fault ? 0 : sent;
            co_return fault ? 0 : sent;
        }
        std::size_t sent = socket_.tls()->write({block->data(), size});
        bool may_write = sent == 0 && !socket_.tls()->broken();
        while (may_write) {
            may_write = co_await socket_.writable();
            sent = may_write ? socket_.tls()->write({block->data(), size}) : 0;
            may_write = may_write && sent == 0 && !socket_.tls()->broken();
        }
        sent_ += sent;
        co_return sent;
    }

    ReadySocket& socket_;
    ReadBuffer& received_;
    std::uint64_t sent_ = 0;
    bool heard_ = false;
};

/// What Beast does at the end of a stream: nothing, for the connection closes its socket itself.
template <class Handler>
void async_teardown(boost::beast::role_type /*role*/,
                    WebSocketTransport& transport,
                    Handler&& handler) {
    asio::post(transport.get_executor(),
               [done = std::forward<Handler>(handler)]() mutable { done(error_code()); });
}

inline void beast_close_socket(WebSocketTransport& transport) {
    transport.close();
}

}  // namespace typhon::http
