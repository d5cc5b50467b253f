#include "gateway/http/content_stream.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include "gateway/http/chunk_writer.hpp"
#include "proto/printable.hpp"

namespace typhon::http {

namespace {

constexpr std::size_t kMaxReady = 256U << 10;
constexpr std::size_t kMaxPiece = 64U << 10;

}  // namespace

ContentStream::ContentStream(asio::io_context& loop,
                             Response response,
                             bool chunked,
                             std::unique_ptr<StreamCoder> coder)
    : loop_(loop),
      wake_up_(loop),
      response_(std::move(response)),
      chunked_(chunked),
      coder_(std::move(coder)) {}

// Without the memory to say that it has ended nobody would ever hear of it: that ends the process.
// NOLINTNEXTLINE(bugprone-exception-escape)
void ContentStream::produce() noexcept {
    begun_ = proto::SteadyClock::now();
    bool success = false;
    try {
        success = run_provider();
    } catch (const std::exception& error) {
        spdlog::error("A content provider failed: {}", proto::printable(error.what()));
    } catch (...) {
        spdlog::error("A content provider failed: unknown exception");
    }
    try {
        response_.content_provider_success_ = success;
        response_.clear();  // calls the releaser
    } catch (...) {
        spdlog::error("The resource releaser of a content provider failed");
    }
    finish(success);
}

bool ContentStream::run_provider() {
    DataSink sink;
    sink.write = [this](const char* data, std::size_t size) { return write({data, size}); };
    sink.done = [this] { said_done_ = true; };
    sink.is_writable = [this] { return is_writable(); };
    while (!done()) {
        const std::size_t left =
            response_.content_length_ == 0 ? 0 : response_.content_length_ - offset_;
        if (!is_writable() || !response_.content_provider_(offset_, left, sink)) {
            return false;
        }
    }
    return is_writable() && end_body();
}

bool ContentStream::done() const noexcept {
    return response_.content_length_ != 0 ? offset_ >= response_.content_length_ : said_done_;
}

bool ContentStream::write(std::string_view data) {
    if (response_.content_length_ != 0 && data.size() > response_.content_length_ - offset_) {
        return false;  // more than was announced
    }
    offset_ += data.size();
    while (!data.empty()) {
        const std::string_view piece = data.substr(0, kMaxPiece);
        if (!write_piece(piece)) {
            return false;
        }
        data.remove_prefix(piece.size());
    }
    return true;
}

bool ContentStream::write_piece(std::string_view piece) {
    if (coder_ == nullptr) {
        return append(piece);
    }
    std::string coded;
    return coder_->feed(piece, coded) && append(coded);
}

bool ContentStream::end_body() {
    std::string rest;
    return coder_ == nullptr || (coder_->finish(rest) && append(rest));
}

bool ContentStream::append(std::string_view piece) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return abandoned_ || ready_.size() < kMaxReady; });
    if (abandoned_) {
        return false;
    }
    if (chunked_) {
        append_chunk(ready_, piece);
    } else {
        ready_ += piece;
    }
    notify();
    return true;
}

bool ContentStream::is_writable() {
    const std::lock_guard lock(mutex_);
    return !abandoned_;
}

void ContentStream::finish(bool success) {
    const std::lock_guard lock(mutex_);
    if (success && chunked_) {
        ready_ += kLastChunk;
    }
    state_ = success ? State::finished : State::failed;
    notify();
}

void ContentStream::notify() {
    if (!std::exchange(notified_, true)) {
        asio::post(loop_, [self = shared_from_this()] { self->wake_up_.wake(); });
    }
}

ContentStream::State ContentStream::take(std::string& out) {
    const std::lock_guard lock(mutex_);
    notified_ = false;
    out.swap(ready_);
    room_.notify_all();
    return state_;
}

void ContentStream::abandon() {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
    room_.notify_all();
    notify();
}

}  // namespace typhon::http
