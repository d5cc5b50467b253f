#include "pyworker/stream_table.hpp"

#include <algorithm>

#include "proto/limits.hpp"

namespace typhon::worker {

void StreamCredit::add(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    left_ += bytes;
    changed_.notify_all();
}

void StreamCredit::cancel() {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    changed_.notify_all();
}

StreamCredit::Outcome StreamCredit::try_take(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    return take_now(bytes);
}

StreamCredit::Outcome StreamCredit::take(std::size_t bytes) {
    std::unique_lock lock(mutex_);
    Outcome outcome = take_now(bytes);
    while (outcome == Outcome::none_left) {
        changed_.wait(lock);
        outcome = take_now(bytes);
    }
    return outcome;
}

/// With the mutex held.
StreamCredit::Outcome StreamCredit::take_now(std::size_t bytes) {
    if (cancelled_) {
        return Outcome::cancelled;
    }
    if (left_ < bytes) {
        return Outcome::none_left;
    }
    left_ -= bytes;
    return Outcome::taken;
}

std::shared_ptr<StreamCredit> StreamTable::open(std::uint64_t id, std::size_t first) {
    const std::size_t window = proto::kStreamWindow;
    const std::lock_guard lock(mutex_);
    return streams_[id] = std::make_shared<StreamCredit>(window - std::min(window, first));
}

void StreamTable::close(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    streams_.erase(id);
}

bool StreamTable::grant(std::uint64_t id, std::size_t bytes) {
    const auto stream = find(id);
    if (stream) {
        stream->add(bytes);
    }
    return stream != nullptr;
}

void StreamTable::cancel(std::uint64_t id) {
    if (const auto stream = find(id)) {
        stream->cancel();
    }
}

std::shared_ptr<StreamCredit> StreamTable::find(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    const auto found = streams_.find(id);
    return found == streams_.end() ? nullptr : found->second;
}

}  // namespace typhon::worker
