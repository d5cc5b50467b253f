#include "gateway/relay/reply_stream.hpp"

#include <utility>

#include <boost/asio/post.hpp>

namespace typhon::relay {

void ReplyStream::append(std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    ready_ += bytes;
    notify();
}

void ReplyStream::close(State state) {
    const std::lock_guard lock(mutex_);
    if (state_ == State::running) {
        state_ = state;
        notify();
    }
}

ReplyStream::State ReplyStream::take(std::string& out) {
    const std::lock_guard lock(mutex_);
    notified_ = false;
    out.swap(ready_);
    return state_;
}

void ReplyStream::notify() {
    if (!std::exchange(notified_, true)) {
        asio::post(loop_, [self = shared_from_this()] { self->wake_up_.wake(); });
    }
}

}  // namespace typhon::relay
