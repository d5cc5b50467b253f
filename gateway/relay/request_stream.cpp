#include "gateway/relay/request_stream.hpp"

#include <utility>

#include <boost/asio/post.hpp>

#include "proto/limits.hpp"

namespace typhon::relay {

std::size_t RequestStream::credit() const {
    const std::lock_guard lock(mutex_);
    return credit_;
}

bool RequestStream::is_read() const {
    const std::lock_guard lock(mutex_);
    return is_read_;
}

bool RequestStream::closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
}

bool RequestStream::take(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (bytes > credit_) {
        return false;
    }
    begun_ = true;
    credit_ -= bytes;
    return true;
}

void RequestStream::open() {
    const std::lock_guard lock(mutex_);
    credit_ = closed_ ? 0 : proto::kStreamWindow;
    notify();
}

bool RequestStream::revoke() {
    const std::lock_guard lock(mutex_);
    credit_ = begun_ ? credit_ : 0;
    return !begun_;
}

void RequestStream::grant(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    credit_ += closed_ ? 0 : bytes;
    is_read_ = true;
    notify();
}

void RequestStream::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    credit_ = 0;
    notify();
}

/// With the mutex held.
void RequestStream::notify() {
    if (std::exchange(notified_, true)) {
        return;
    }
    asio::post(loop_, [self = shared_from_this()] {
        {
            const std::lock_guard lock(self->mutex_);
            self->notified_ = false;
        }
        if (self->on_change) {
            self->on_change();
        }
    });
}

}  // namespace typhon::relay
