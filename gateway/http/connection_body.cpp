// How a connection reads the body of a request: what is at hand, by length, or chunked; or reads it
// and drops it.
#include <algorithm>
#include <bit>

#include "gateway/http/chunked.hpp"
#include "gateway/http/connection.hpp"

namespace typhon::http {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBodyStep = 64U << 10;
constexpr std::size_t kChunkedSpace = 4U << 10;
constexpr auto kGrace = 5s;                // before the minimum rate counts
constexpr Milliseconds kPatience{10'000};  // for memory
constexpr Fault kNoMemory{503, "too many large requests are under way"};

}  // namespace

/// True when the whole body has arrived with its head.
bool Connection::take_body_at_hand() {
    const std::string_view after = buffer_.bytes().substr(head_->size());
    if (head_->framing() == Framing::chunked || after.size() < head_->content_length()) {
        return false;
    }
    body_view_ = after.substr(0, static_cast<std::size_t>(head_->content_length()));
    request_bytes_ = head_->size() + body_view_.size();
    return true;
}

/// Reads the body. False when it cannot be read: then a refusal is in the output, or the connection
/// is closed.
Task<bool> Connection::read_body() {
    if (!flush()) {
        co_await write_rest();
    }
    Fault fault = co_await reserve_body();
    if (!fault) {
        fault = co_await read_framed_body();
    }
    refuse_body(fault);
    body_view_ = body_;
    co_return open() && !fault;
}

/// Answers with the fault, if it is one, as the last thing on this connection.
void Connection::refuse_body(const Fault& fault) {
    if (!fault || !open()) {
        return;
    }
    exchange_.keep_alive = false;
    unread_body_ = true;
    write_error_answer({.status = fault.status,
                        .text = fault.text,
                        .retry_after_s = fault.status == 503 ? 1U : 0U});
}

/// Takes memory for all of a body whose length is known, and waits for it in its turn; for the
/// first piece of another, which grows without waiting.
Task<Fault> Connection::reserve_body() {
    const bool chunked = head_->framing() == Framing::chunked;
    return reserve(chunked ? kBodyStep : static_cast<std::size_t>(head_->content_length()));
}

Task<Fault> Connection::reserve(std::size_t bytes) {
    if (state_->gate.enter(body_share_, bytes)) {
        co_return Fault{};
    }
    DeadlineQueue::disarm(*this);
    BodyGate::Waiter waiter(state_->services.loop, body_share_, bytes);
    waiter_ = &waiter;
    const bool admitted =
        co_await state_->gate.wait(waiter, std::min(state_->options.body_timeout, kPatience));
    waiter_ = nullptr;
    co_return admitted ? Fault{} : kNoMemory;
}

Task<Fault> Connection::read_framed_body() {
    if (head_->expects_continue() && buffer_.bytes().size() == head_->size()) {
        co_await send_continue();
    }
    start_body_clock();
    Fault fault;
    if (head_->framing() == Framing::chunked) {
        fault = co_await read_chunked_body();
    } else {
        co_await read_length_body();
    }
    DeadlineQueue::disarm(*this);
    if (timed_out_) {
        timed_out_ = false;
        fault = {408, "The request body took too long."};
    }
    co_return fault;
}

Task<void> Connection::read_length_body() {
    const auto length = static_cast<std::size_t>(head_->content_length());
    body_.reserve(length);  // costs memory only as it is filled: the kernel gives pages on touch
    body_ = buffer_.bytes().substr(head_->size());
    buffer_.truncate(head_->size());
    request_bytes_ = head_->size();
    while (body_.size() < length) {
        const std::size_t have = body_.size();
        body_.resize(have + std::min(length - have, kBodyStep));
        const std::size_t size = co_await read_some(body_.data() + have, body_.size() - have);
        body_.resize(have + size);
        if (size == 0) {
            co_return;
        }
    }
}

Task<Fault> Connection::read_chunked_body() {
    ChunkedDecoder decoder(state_->options.max_body);
    for (;;) {
        const std::string_view arrived = buffer_.bytes().substr(head_->size());
        std::string_view rest = arrived;
        if (!make_body_room(body_.size() + arrived.size())) {
            co_return kNoMemory;
        }
        const ChunkedDecoder::Status status = decoder.decode(rest, body_);
        request_bytes_ = head_->size() + arrived.size() - rest.size();
        if (status == ChunkedDecoder::Status::complete) {
            co_return Fault{};
        }
        if (status == ChunkedDecoder::Status::fault) {
            co_return decoder.fault();
        }
        buffer_.truncate(head_->size());
        request_bytes_ = head_->size();
        buffer_.make_room(kChunkedSpace);
        head_->rebase(buffer_.bytes().data());
        const std::size_t size = co_await read_some(buffer_.space(), buffer_.space_size());
        if (size == 0) {
            co_return Fault{};
        }
        buffer_.commit(size);
    }
}

/// Memory for a body of unknown length, doubled when it is full. It does not wait for any: it holds
/// some, and others could wait for that.
bool Connection::make_body_room(std::size_t bytes) {
    if (bytes <= body_share_.bytes()) {
        return true;
    }
    const std::size_t most = std::max(state_->options.max_body, bytes);
    if (!body_share_.grow(std::min(std::bit_ceil(bytes), most))) {
        return false;
    }
    body_.reserve(body_share_.bytes());
    return true;
}

/// Reads a small body that nobody wants, so that the next request can follow.
Task<void> Connection::discard_body() {
    if (take_body_at_hand()) {
        co_return;
    }
    const std::uint64_t left = head_->content_length() - (buffer_.bytes().size() - head_->size());
    request_bytes_ = buffer_.bytes().size();
    release_input();
    if (!flush()) {
        co_await write_rest();
    }
    co_await drop_body(left);
}

/// The same for what has not arrived of it.
Task<void> Connection::drop_body(std::uint64_t left) {
    if (access_ != nullptr) {
        end_access();  // what the client does from here on is no part of the answer
    }
    start_body_clock();
    while (left > 0 && open()) {
        buffer_.make_room();
        const auto most =
            static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.space_size(), left));
        const std::size_t size = co_await read_some(buffer_.space(), most);
        if (size == 0) {
            open_ = false;
        }
        left -= size;
    }
    DeadlineQueue::disarm(*this);
}

/// Bytes read; 0 when the time is over (timed_out_) or the client is gone (closed).
Task<std::size_t> Connection::read_some(char* data, std::size_t size) {
    if (!open()) {
        co_return 0;
    }
    const std::size_t read = co_await socket_.read_some(data, size);
    body_bytes_ += read;
    if (timed_out_) {
        co_return 0;
    }
    if (read == 0) {
        open_ = false;
    }
    co_return read;
}

void Connection::start_body_clock() {
    body_start_ = proto::SteadyClock::now();
    body_bytes_ = 0;
    state_->arm(*this, DeadlineKind::body);
}

bool Connection::body_is_slow() const {
    const auto elapsed = proto::SteadyClock::now() - body_start_;
    const auto rated = std::chrono::duration_cast<std::chrono::seconds>(elapsed - kGrace).count();
    return elapsed >= state_->options.body_timeout ||
           (rated > 0 &&
            body_bytes_ < state_->options.min_body_rate * static_cast<std::size_t>(rated));
}

}  // namespace typhon::http
