// The worker's end of the relay: a DEALER that sends and receives batches as single-frame messages.
//
// One thread at a time: the socket goes from thread to thread under a mutex of its owner
// (dispatcher.hpp). wake() alone may be called by any thread at any time.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <zmq.hpp>

#include "proto/deadline.hpp"
#include "pyworker/wake_fd.hpp"

namespace typhon::worker {

class Channel {
public:
    /// Connects (in the background). Throws zmq::error_t for an endpoint that cannot be.
    Channel(const std::string& endpoint, const std::string& identity);

    /// The next batch; false when there is none now. Never blocks. When it has returned false, and
    /// nothing was sent since, wait() may be called.
    [[nodiscard]] bool receive(zmq::message_t& batch);

    /// The same, but blocks until one comes, at most `patience`.
    [[nodiscard]] bool receive_within(std::chrono::milliseconds patience, zmq::message_t& batch);

    /// Hands a batch to ZeroMQ and empties it. Never blocks: what is unsent is bounded by the
    /// gateway's credit.
    void send(std::string& batch);

    /// Blocks until there may be something to receive, or wake() was called. For the first `spin`
    /// it asks again and again instead of sleeping: the answer to a reply that was just sent is
    /// often a few microseconds away, and waking a sleeping core takes longer than a quick handler.
    void wait(std::chrono::microseconds spin);
    void wake() const noexcept { wake_.signal(); }
    /// An eventfd: writing to it does what wake() does. For a signal handler.
    [[nodiscard]] int wake_fd() const noexcept { return wake_.fd(); }

    /// Closes; blocks until what was sent has left, at most `linger`.
    void close(std::chrono::milliseconds linger);

private:
    zmq::context_t context_{1};
    zmq::socket_t socket_;
    WakeFd wake_;
    int fd_ = -1;
};

}  // namespace typhon::worker
