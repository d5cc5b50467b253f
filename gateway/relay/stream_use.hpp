// The use of a streamed answer, which is abandoned where it ends before the answer does: its
// handler would wait for credit for ever.
#pragma once

#include <memory>
#include <utility>

#include "gateway/asio.hpp"
#include "gateway/relay/port.hpp"
#include "gateway/relay/reply_stream.hpp"

namespace typhon::relay {

class StreamUse {
public:
    /// On the port's loop. `stream` may be null, then this does nothing.
    StreamUse(asio::io_context& loop, Port& port, std::shared_ptr<ReplyStream> stream) noexcept
        : loop_(loop), port_(port), stream_(std::move(stream)) {}
    ~StreamUse() {
        if (stream_ != nullptr && !loop_.stopped()) {  // a loop destroys what waits after its port
            port_.abandon(*stream_);
        }
    }
    StreamUse(const StreamUse&) = delete;
    StreamUse& operator=(const StreamUse&) = delete;
    StreamUse(StreamUse&&) = delete;
    StreamUse& operator=(StreamUse&&) = delete;

    /// The answer has been taken to its end.
    void finished() noexcept { stream_ = nullptr; }

private:
    asio::io_context& loop_;
    Port& port_;
    std::shared_ptr<ReplyStream> stream_;
};

}  // namespace typhon::relay
