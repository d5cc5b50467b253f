// How much each streamed answer may still send: credit that the gateway gives as the client reads
// (proto/PROTOCOL.md section 5.8). No Python in here; every method may be called by any thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace typhon::worker {

/// The credit of one streamed answer.
class StreamCredit {
public:
    enum class Outcome : std::uint8_t { taken, none_left, cancelled };

    /// `bytes` may be sent at first.
    explicit StreamCredit(std::size_t bytes) noexcept : left_(bytes) {}

    void add(std::size_t bytes);
    /// Nobody wants the rest.
    void cancel();

    /// Takes credit for `bytes` if there is enough.
    [[nodiscard]] Outcome try_take(std::size_t bytes);
    /// Blocks until there is enough, or the stream is cancelled.
    [[nodiscard]] Outcome take(std::size_t bytes);

private:
    [[nodiscard]] Outcome take_now(std::size_t bytes);

    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t left_;
    bool cancelled_ = false;
};

/// The streams that are open, by the id of their request.
class StreamTable {
public:
    /// A stream whose first piece, of `first` bytes, is on its way.
    [[nodiscard]] std::shared_ptr<StreamCredit> open(std::uint64_t id, std::size_t first);
    void close(std::uint64_t id);

    /// False when there is no such stream.
    bool grant(std::uint64_t id, std::size_t bytes);
    void cancel(std::uint64_t id);

private:
    [[nodiscard]] std::shared_ptr<StreamCredit> find(std::uint64_t id);

    std::mutex mutex_;
    std::unordered_map<std::uint64_t, std::shared_ptr<StreamCredit>> streams_;
};

}  // namespace typhon::worker
