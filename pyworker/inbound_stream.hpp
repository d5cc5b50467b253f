// Bodies that come from the gateway piece by piece (proto/PROTOCOL.md, 5.8), between the thread
// that receives them and the handler that reads them. No Python in here; every method may be called
// by any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "proto/deadline.hpp"
#include "pyworker/reply_sink.hpp"

namespace typhon::worker {

/// The pieces of one request's body, in order. What it holds is bounded by the credit that it gives
/// (kStreamWindow).
class InboundStream {
public:
    enum class Outcome : std::uint8_t {
        piece,
        none_yet,
        whole,   // that was all
        cut,     // the client left, the body was bad, or the request was cancelled
        closed,  // the request has been answered
    };

    /// Of request `id`, which may take `time_ms` from one sign of progress to the next; UINT32_MAX:
    /// as long as it likes.
    InboundStream(std::uint64_t id, std::uint32_t time_ms, ReplySink& credit);

    // --- who receives ---

    /// True when an event loop waits for it and is to be told; so for the next three.
    [[nodiscard]] bool feed(std::string_view piece);
    [[nodiscard]] bool end(bool whole);
    [[nodiscard]] bool cancel();
    [[nodiscard]] bool close();

    // --- who reads ---

    /// The next piece, when there is one; gives credit for it. With none_yet the next feed(), end()
    /// or cancel() tells the event loop.
    [[nodiscard]] Outcome try_read(std::string& piece);
    /// The same, but blocks until there is something to say. Not with the GIL held.
    [[nodiscard]] Outcome read(std::string& piece);

    [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
    /// When the request's time is over, as of now.
    [[nodiscard]] proto::Deadline deadline() const;

private:
    [[nodiscard]] Outcome take(std::string& piece);
    [[nodiscard]] bool finish(Outcome outcome);
    [[nodiscard]] bool tell() noexcept;
    void give_credit(std::size_t bytes);

    const std::uint64_t id_;
    const std::uint32_t time_ms_;
    ReplySink& credit_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> pieces_;
    std::size_t held_ = 0;        // bytes in them
    std::size_t unreported_ = 0;  // bytes that were read, and that the gateway does not know of
    Outcome end_ = Outcome::none_yet;  // what follows the pieces
    bool asked_ = false;               // the gateway knows that somebody reads
    bool loop_waits_ = false;          // an event loop wants to be told
    proto::SteadyClock::time_point moved_at_;
};

/// The streams of the requests that are not answered, by their ids.
class InboundTable {
public:
    explicit InboundTable(ReplySink& credit) noexcept : credit_(credit) {}

    [[nodiscard]] std::shared_ptr<InboundStream> open(std::uint64_t id, std::uint32_t time_ms);

    /// As those of the stream; false when there is no such one.
    [[nodiscard]] bool feed(std::uint64_t id, std::string_view piece);
    [[nodiscard]] bool end(std::uint64_t id, bool whole);
    [[nodiscard]] bool cancel(std::uint64_t id);

    /// The request has been answered: what still comes is dropped.
    void close(std::uint64_t id) {
        if (count_.load(std::memory_order_relaxed) != 0) {
            remove(id);
        }
    }

private:
    [[nodiscard]] std::shared_ptr<InboundStream> find(std::uint64_t id);
    void remove(std::uint64_t id);

    ReplySink& credit_;
    std::atomic<std::size_t> count_ = 0;  // so that others pay no more than a look at it
    std::mutex mutex_;
    std::unordered_map<std::uint64_t, std::shared_ptr<InboundStream>> streams_;
};

}  // namespace typhon::worker
