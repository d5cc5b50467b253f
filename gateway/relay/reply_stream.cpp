#include "gateway/relay/reply_stream.hpp"

#include <utility>

#include <boost/asio/post.hpp>

namespace typhon::relay {

void ReplyStream::append(std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    ready_ += bytes;
    notify();
}

void ReplyStream::close(State state, std::uint32_t run_us) {
    const std::lock_guard lock(mutex_);
    if (state_ == State::running) {
        state_ = state;
        run_us_ = run_us;
        notify();
    }
}

void ReplyStream::retire() {
    const std::lock_guard lock(mutex_);
    retired_ = true;
    notify();
}

ReplyStream::State ReplyStream::take(std::string& out) {
    const std::lock_guard lock(mutex_);
    notified_ = false;
    out.swap(ready_);
    return state_;
}

std::uint32_t ReplyStream::run_us() {
    const std::lock_guard lock(mutex_);
    return run_us_;
}

void ReplyStream::notify() {
    if (!std::exchange(notified_, true)) {
        asio::post(loop_, [self = shared_from_this()] { self->wake_up_.wake(); });
    }
}

}  // namespace typhon::relay
