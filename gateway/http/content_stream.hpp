// An answer that a content provider makes piece by piece: a bounded buffer between the provider, on
// a thread of the BlockingPool, and the connection, on the loop.
//
// The provider blocks while the client does not read (back-pressure), and is told when the client
// is gone. The pool is stopped before the loop is destroyed.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "gateway/asio.hpp"
#include "gateway/http/stream_coder.hpp"
#include "gateway/native/message.hpp"
#include "gateway/wake_up.hpp"
#include "proto/deadline.hpp"

namespace typhon::http {

class ContentStream : public std::enable_shared_from_this<ContentStream> {
public:
    enum class State : std::uint8_t { running, finished, failed };

    /// Takes provider and releaser out of `response`. With a `coder` the body has its content
    /// coding; with `chunked` the bytes are in the chunked coding.
    ContentStream(asio::io_context& loop,
                  Response response,
                  bool chunked,
                  std::unique_ptr<StreamCoder> coder);

    // --- pool thread ---
    /// Runs the provider to its end and calls the releaser. Never throws.
    void produce() noexcept;

    // --- loop thread ---
    /// Swaps what is ready to be sent into `out` (empty before).
    [[nodiscard]] State take(std::string& out);

    /// When the provider began; only of one that has finished.
    [[nodiscard]] proto::SteadyClock::time_point begun() const noexcept { return begun_; }

    /// Returns when there is something new to take.
    Task<void> wait() { return wake_up_.wait(); }

    /// The client is gone: the provider's next write fails. Wakes the waiter.
    void abandon();

private:
    [[nodiscard]] bool write(std::string_view data);
    [[nodiscard]] bool write_piece(std::string_view piece);
    [[nodiscard]] bool end_body();
    [[nodiscard]] bool append(std::string_view piece);
    [[nodiscard]] bool is_writable();
    [[nodiscard]] bool run_provider();
    [[nodiscard]] bool done() const noexcept;
    void finish(bool success);
    void notify();

    asio::io_context& loop_;
    WakeUp wake_up_;
    Response response_;
    const bool chunked_;
    const std::unique_ptr<StreamCoder> coder_;  // pool thread only
    proto::SteadyClock::time_point begun_{};    // of the provider; set by the pool thread
    std::size_t offset_ = 0;                    // bytes that the provider wrote; pool thread only
    bool said_done_ = false;                    // pool thread only

    std::mutex mutex_;
    std::condition_variable room_;
    std::string ready_;
    State state_ = State::running;
    bool abandoned_ = false;
    bool notified_ = false;  // a wake-up is on its way to the loop
};

}  // namespace typhon::http
