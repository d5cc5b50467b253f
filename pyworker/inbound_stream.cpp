#include "pyworker/inbound_stream.hpp"

#include <optional>
#include <utility>

#include <spdlog/spdlog.h>

#include "proto/limits.hpp"

namespace typhon::worker {

namespace {

using proto::SteadyClock;

/// Bytes that are read before the gateway hears of it.
constexpr std::size_t kCreditStep = proto::kStreamWindow / 4;

}  // namespace

InboundStream::InboundStream(std::uint64_t id, std::uint32_t time_ms, ReplySink& credit)
    : id_(id), time_ms_(time_ms), credit_(credit), moved_at_(SteadyClock::now()) {}

bool InboundStream::feed(std::string_view piece) {
    const std::lock_guard lock(mutex_);
    if (end_ != Outcome::none_yet || piece.empty()) {
        return false;
    }
    if (held_ + piece.size() > proto::kStreamWindow) {
        spdlog::error("the gateway sent more of the body of request {:016x} than it may", id_);
        return finish(Outcome::cut);
    }
    held_ += piece.size();
    pieces_.emplace_back(piece);
    return tell();
}

bool InboundStream::end(bool whole) {
    const std::lock_guard lock(mutex_);
    return finish(whole ? Outcome::whole : Outcome::cut);
}

/// What has come and was not read is of no use any more.
bool InboundStream::cancel() {
    const std::lock_guard lock(mutex_);
    pieces_.clear();
    end_ = Outcome::none_yet;
    return finish(Outcome::cut);
}

bool InboundStream::close() {
    const std::lock_guard lock(mutex_);
    pieces_.clear();
    end_ = Outcome::none_yet;
    return finish(Outcome::closed);
}

/// With the mutex held, as the next two.
bool InboundStream::finish(Outcome outcome) {
    if (end_ == Outcome::none_yet) {
        end_ = outcome;
    }
    return tell();
}

bool InboundStream::tell() noexcept {
    moved_at_ = SteadyClock::now();
    changed_.notify_all();
    return std::exchange(loop_waits_, false);
}

InboundStream::Outcome InboundStream::take(std::string& piece) {
    if (pieces_.empty()) {
        return end_;
    }
    piece = std::move(pieces_.front());
    pieces_.pop_front();
    held_ -= piece.size();
    moved_at_ = SteadyClock::now();
    return Outcome::piece;
}

InboundStream::Outcome InboundStream::try_read(std::string& piece) {
    std::unique_lock lock(mutex_);
    const Outcome outcome = take(piece);
    loop_waits_ = outcome == Outcome::none_yet;
    lock.unlock();
    if (outcome == Outcome::none_yet) {
        give_credit(0);
    } else if (outcome == Outcome::piece) {
        give_credit(piece.size());
    }
    return outcome;
}

InboundStream::Outcome InboundStream::read(std::string& piece) {
    std::unique_lock lock(mutex_);
    Outcome outcome = take(piece);
    if (outcome == Outcome::none_yet) {
        lock.unlock();
        give_credit(0);
        lock.lock();
        changed_.wait(lock, [&] { return !pieces_.empty() || end_ != Outcome::none_yet; });
        outcome = take(piece);
    }
    lock.unlock();
    if (outcome == Outcome::piece) {
        give_credit(piece.size());
    }
    return outcome;
}

/// Without the mutex: the sink has one of its own, under which others come here.
void InboundStream::give_credit(std::size_t bytes) {
    std::optional<std::size_t> due;
    {
        const std::lock_guard lock(mutex_);
        unreported_ += bytes;
        if (unreported_ >= kCreditStep || !std::exchange(asked_, true)) {
            due = std::exchange(unreported_, 0);
        }
    }
    if (due) {
        credit_.post_credit({id_, static_cast<std::uint32_t>(*due)});
    }
}

proto::Deadline InboundStream::deadline() const {
    const std::lock_guard lock(mutex_);
    return time_ms_ == UINT32_MAX
               ? proto::Deadline()
               : proto::Deadline::after(std::chrono::milliseconds(time_ms_), moved_at_);
}

std::shared_ptr<InboundStream> InboundTable::open(std::uint64_t id, std::uint32_t time_ms) {
    const std::lock_guard lock(mutex_);
    auto& stream = streams_[id];
    stream = std::make_shared<InboundStream>(id, time_ms, credit_);
    count_ = streams_.size();
    return stream;
}

bool InboundTable::feed(std::uint64_t id, std::string_view piece) {
    const auto stream = find(id);
    return stream != nullptr && stream->feed(piece);
}

bool InboundTable::end(std::uint64_t id, bool whole) {
    const auto stream = find(id);
    return stream != nullptr && stream->end(whole);
}

bool InboundTable::cancel(std::uint64_t id) {
    const auto stream = find(id);
    return stream != nullptr && stream->cancel();
}

std::shared_ptr<InboundStream> InboundTable::find(std::uint64_t id) {
    if (count_.load(std::memory_order_relaxed) == 0) {
        return nullptr;
    }
    const std::lock_guard lock(mutex_);
    const auto found = streams_.find(id);
    return found == streams_.end() ? nullptr : found->second;
}

void InboundTable::remove(std::uint64_t id) {
    std::shared_ptr<InboundStream> stream;
    const std::lock_guard lock(mutex_);
    const auto found = streams_.find(id);
    if (found != streams_.end()) {
        stream = std::move(found->second);
        streams_.erase(found);
        count_ = streams_.size();
        (void)stream->close();
    }
}

}  // namespace typhon::worker
