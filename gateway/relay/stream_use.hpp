// The use of a streamed answer, which is abandoned where it ends before the answer does: its
// handler would wait for credit for ever.
#pragma once

#include <memory>
#include <utility>

#include "gateway/relay/port.hpp"
#include "gateway/relay/reply_stream.hpp"

namespace typhon::relay {

class StreamUse {
public:
    /// `stream` may be null, then this does nothing.
    StreamUse(Port& port, std::shared_ptr<ReplyStream> stream) noexcept
        : port_(port), stream_(std::move(stream)) {}
    ~StreamUse() {
        if (stream_ != nullptr) {
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
    Port& port_;
    std::shared_ptr<ReplyStream> stream_;
};

}  // namespace typhon::relay
