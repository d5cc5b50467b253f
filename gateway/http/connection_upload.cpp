// How a connection sends the body of a request to its worker as it arrives, as fast as the handler
// reads; the answer may begin meanwhile.
//
// One coroutine waits for the client, for credit and for the answer at once: each of them wakes it,
// and it looks at all.
#include <algorithm>
#include <exception>
#include <utility>

#include "gateway/http/connection.hpp"
#include "gateway/http/scoped_pointer.hpp"
#include "gateway/http/upload.hpp"
#include "gateway/relay/stream_use.hpp"
#include "proto/errors.hpp"
#include "proto/limits.hpp"

namespace typhon::http {

namespace {

using Waits = Upload::Waits;

constexpr std::size_t kReadStep = 64U << 10;
constexpr std::size_t kMaxDrop = 64U << 10;  // of a body that its handler did not read
constexpr Fault kTooSlow{408, "The request body took too long."};

Fault too_large() {
    const proto::ErrorInfo& info = proto::error_info(proto::ErrorCode::payload_too_large);
    return {info.status, info.text};
}

}  // namespace

Task<void> Connection::serve_upload() {
    const std::uint64_t own = upload_rule().max_body;
    const std::uint64_t limit = own != 0 ? own : state_->options.max_body;
    if (!flush()) {
        co_await write_rest();
    }
    Fault fault = too_large();
    if (head_->framing() == Framing::chunked || head_->content_length() <= limit) {
        fault = co_await reserve(proto::kStreamWindow);
    }
    if (fault || !open()) {
        refuse_body(fault);
        co_return;
    }
    Upload upload(state_->services.loop, *head_, limit);
    const auto conditions = head_->has_conditions() ? keep_conditions() : nullptr;
    relay::Call call;
    ScopedPointer noted(upload_, upload);
    const ScopedPointer waits(call_, call);
    std::exception_ptr failure;
    try {
        begin_upload(call);
        co_await pump_upload();
        co_await answer_upload(call, conditions.get());
    } catch (...) {
        failure = std::current_exception();
        open_ = false;
    }
    if (failure != nullptr && upload.asked && !upload.answered) {
        cut_body({});
        while (!upload.answered) {  // the relay refers to the call until then
            co_await upload.wake_up.wait();
        }
    }
    upload.stream->on_change = nullptr;
    co_await end_notification();
    noted.reset();
    if (failure != nullptr) {
        const relay::StreamUse abandoned(state_->services.loop, state_->services.port, call.stream);
        std::rethrow_exception(failure);
    }
    co_await drop_upload(upload);
}

void Connection::begin_upload(relay::Call& call) {
    Upload& upload = *upload_;
    begin_call(call);
    call.body = upload.stream;
    upload.held = head_->expects_continue() && buffer_.bytes().size() == head_->size();
    upload.stream->on_change = [this] { wake_upload(); };
    std::string client;
    const proto::Request request = pack_request(call, client);
    state_->services.port.send(call, request, [this] {
        upload_->answered = true;
        wake_upload();
    });
    upload.asked = true;
    release_input();
    start_body_clock();
}

/// Sends what arrives until the answer begins.
Task<void> Connection::pump_upload() {
    while (!upload_->answered) {
        if (upload_->held && upload_->stream->is_read()) {
            upload_->held = false;
            co_await send_continue();
        }
        if (!upload_->answered) {
            pass_body();
            wait_for_body();
            co_await upload_->wake_up.wait();
            DeadlineQueue::disarm(*this);
        }
    }
}

/// Sends what has arrived, as far as there is credit; then upload_->waits says for whom to wait.
void Connection::pass_body() {
    Upload& upload = *upload_;
    upload.waits = Waits::nobody;
    if (std::exchange(timed_out_, false)) {
        cut_body(kTooSlow);
    } else if (!open()) {
        cut_body({});
    }
    bool more = true;
    while (more && open() && !upload.complete && !upload.fault && !upload.stream->closed()) {
        more = pass_piece();
    }
}

/// False when it has to wait.
bool Connection::pass_piece() {
    Upload& upload = *upload_;
    const std::size_t credit = upload.stream->credit();
    if (credit == 0 || upload.held) {
        upload.waits = Waits::worker;
        return false;
    }
    if (buffer_.empty() && !receive_body()) {
        return false;
    }
    const std::size_t most = std::min<std::size_t>(credit, proto::kMaxChunk);
    if (upload.chunked) {
        send_decoded(buffer_.bytes().substr(0, most));
    } else {
        send_of_length(buffer_.bytes().substr(0, most));
    }
    return true;
}

/// False when nothing has come: then it has to wait, or the client has left.
bool Connection::receive_body() {
    buffer_.make_room(kReadStep);
    const std::size_t size = receive_at_once();
    if (size == ReadySocket::kNothing) {
        upload_->waits = Waits::client;
        return false;
    }
    if (size == 0) {
        open_ = false;
        cut_body({});
        return false;
    }
    buffer_.commit(size);
    body_bytes_ += size;
    if (body_bytes_ >= state_->options.max_body) {
        start_body_clock();  // as much as another body may have has come in time
    }
    return true;
}

void Connection::send_of_length(std::string_view bytes) {
    Upload& upload = *upload_;
    bytes = bytes.substr(0, std::min<std::uint64_t>(bytes.size(), upload.left));
    if (!upload.stream->take(bytes.size())) {
        return;  // it has been closed meanwhile
    }
    state_->services.port.send_piece(*upload.stream, bytes);
    buffer_.consume(bytes.size());
    upload.left -= bytes.size();
    if (upload.left == 0) {
        end_body();
    }
}

void Connection::send_decoded(std::string_view bytes) {
    Upload& upload = *upload_;
    std::string_view rest = bytes;
    const ChunkedDecoder::Status status = upload.decoder.decode(rest, upload.data);
    buffer_.consume(bytes.size() - rest.size());
    if (!upload.data.empty() && upload.stream->take(upload.data.size())) {
        state_->services.port.send_piece(*upload.stream, upload.data);
    }
    upload.data.clear();
    if (status == ChunkedDecoder::Status::fault) {
        cut_body(upload.decoder.fault());
    } else if (status == ChunkedDecoder::Status::complete) {
        end_body();
    }
}

void Connection::end_body() {
    upload_->complete = true;
    (void)upload_->stream->take(0);  // the end of a body, too, binds the request to its worker
    state_->services.port.end_pieces(*upload_->stream, true);
}

/// The rest is not read: `fault` says why, or the client has left.
void Connection::cut_body(Fault fault) {
    upload_->fault = fault;
    state_->services.port.end_pieces(*upload_->stream, false);
    if (call_ != nullptr) {
        state_->services.port.cancel(*std::exchange(call_, nullptr));
    }
}

/// Sees to it that what it waits for wakes it. The client's time runs while nobody else is waited
/// for.
void Connection::wait_for_body() {
    Upload& upload = *upload_;
    if (upload.waits != Waits::client) {
        upload.paused_at = upload.paused_at.value_or(proto::SteadyClock::now());
        state_->arm(*this, DeadlineKind::look);
        return;
    }
    if (const auto paused_at = std::exchange(upload.paused_at, std::nullopt)) {
        body_start_ += proto::SteadyClock::now() - *paused_at;
    }
    if (!socket_.notifies()) {
        socket_.notify_readable([this](bool /*may_read*/) { wake_upload(); });
    }
    state_->arm(*this, DeadlineKind::body);
}

void Connection::wake_upload() {
    if (reply_stream_ != nullptr) {
        reply_stream_->wake();
    } else {
        upload_->wake_up.wake();
    }
}

Task<void> Connection::answer_upload(relay::Call& call, const Conditions* conditions) {
    Upload& upload = *upload_;
    call_ = nullptr;
    if (access_ != nullptr) {
        note_call(call);
    }
    if (open() && !upload.fault) {
        upload.held = upload.held && call.stream == nullptr;
        if (call.stream == nullptr) {
            settle_upload();
        }
        co_await write_reply(call, conditions);
        co_return;
    }
    refuse_body(upload.fault);
    if (call.stream != nullptr) {
        state_->services.port.abandon(*call.stream);
    }
}

/// A small rest of a body is dropped behind the answer, a large one ends the connection.
void Connection::settle_upload() noexcept {
    const Upload& upload = *upload_;
    if (upload.complete || (!upload.chunked && !upload.held && upload.left <= kMaxDrop)) {
        return;
    }
    exchange_.keep_alive = false;
    unread_body_ = true;
}

/// Waits until the socket does not refer to this upload any more.
Task<void> Connection::end_notification() {
    while (socket_.notifies()) {
        error_code ignored;
        socket_.cancel(ignored);
        co_await upload_->wake_up.wait();
    }
}

Task<void> Connection::drop_upload(const Upload& upload) {
    if (upload.complete || !open()) {
        co_return;
    }
    if (upload.chunked || upload.left > kMaxDrop) {  // its answer came in pieces
        exchange_.keep_alive = false;
    }
    if (!exchange_.keep_alive) {
        unread_body_ = true;
        co_return;
    }
    if (!flush()) {
        co_await write_rest();
    }
    const std::size_t here = std::min<std::uint64_t>(upload.left, buffer_.bytes().size());
    buffer_.consume(here);
    co_await drop_body(upload.left - here);
}

}  // namespace typhon::http
