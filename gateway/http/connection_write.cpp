// How a connection sends: at once what the socket takes, the rest under the write deadline.
#include <algorithm>
#include <array>
#include <cerrno>

#include <boost/asio/redirect_error.hpp>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "gateway/http/connection.hpp"
#include "proto/free_memory.hpp"

namespace typhon::http {

namespace {

constexpr std::size_t kKeepOutput = 256U << 10;
constexpr std::size_t kLeastLinger = 4U << 20;  // bytes
constexpr std::chrono::seconds kMaxLinger{30};
constexpr std::size_t kLingerStep = 64U << 10;  // bytes that buy a lingering client more time

void reset(std::string& output) {
    output.clear();
    if (output.capacity() > kKeepOutput) {
        output.shrink_to_fit();
    }
}

bool would_block(int fault) {
    return fault == EAGAIN || fault == EWOULDBLOCK || fault == EINTR;
}

}  // namespace

/// Sends the output. False when the socket did not take all: then write_rest().
bool Connection::flush() {
    return state_->output.empty() || send_with({});
}

/// Sends the output and then `body`. False when the socket did not take all: then write_rest().
bool Connection::send_with(std::string_view body) {
    if (socket_.tls() != nullptr) {
        return send_encrypted(body);
    }
    std::string& output = state_->output;
    std::array<iovec, 2> parts{
        {{output.data(), output.size()}, {const_cast<char*>(body.data()), body.size()}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = body.empty() ? 1 : 2;
    const ssize_t sent =
        body.empty() ? ::send(socket_.native_handle(),
                              output.data(),
                              output.size(),
                              MSG_NOSIGNAL | MSG_DONTWAIT)
                     : ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && !would_block(errno)) {
        open_ = false;
        reset(output);
        return true;
    }
    const std::size_t done = sent < 0 ? 0 : static_cast<std::size_t>(sent);
    sent_ += done;
    if (done == output.size() + body.size()) {
        reset(output);
        return true;
    }
    if (done < output.size()) {
        rest_.assign(output, done);
        rest_ += body;
    } else {
        rest_ = body.substr(done - output.size());
    }
    reset(output);
    return false;
}

/// Tells the client to send its body. The output is empty; what is sent is no part of an answer.
Task<void> Connection::send_continue() {
    const std::uint64_t sent = sent_;
    state_->output += kContinue;
    if (!flush()) {
        co_await write_rest();
    }
    sent_ = sent;
}

/// Sends rest_; closes the connection when the client does not take it in time, or when others do
/// not find room any more.
Task<void> Connection::write_rest() {
    state_->arm(*this, DeadlineKind::write);
    Unsent::Answer unsent(state_->unsent, rest_.size(), [this] { drop(); });
    bool sent = false;
    if (socket_.tls() != nullptr) {
        sent = co_await write_rest_encrypted(unsent);
    } else {
        sent = co_await write_rest_plain(unsent);
    }
    proto::free_memory(rest_);
    open_ = open_ && sent;
    end_write();
}

Task<bool> Connection::write_rest_plain(Unsent::Answer& unsent) {
    error_code fault;
    std::size_t sent = 0;
    while (!fault && sent < rest_.size()) {
        sent += co_await socket_.async_write_some(asio::buffer(rest_) + sent,
                                                  asio::redirect_error(kUseTask, fault));
        unsent.moved();
    }
    sent_ += sent;
    co_return !fault;
}

/// After a wait for the client: its deadline no longer counts, or has ended the connection.
void Connection::end_write() noexcept {
    DeadlineQueue::disarm(*this);
    open_ = open_ && !timed_out_;
    cut_off_ = cut_off_ || timed_out_;
    timed_out_ = false;
}

/// Resets the connection, so that the kernel drops its part of the answer, too.
void Connection::drop() {
    if (const auto left_out = state_->drop_pace.due()) {
        spdlog::warn(
            "unsent answers fill --max-answer-memory: a client that does not read is cut off "
            "({} more since the last such line)",
            *left_out);
    }
    const ::linger at_once{1, 0};
    (void)::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    cut_off();
}

/// Sends what is left, and reads on for a while when the client may still be sending: closing with
/// unread bytes would reset the connection, and the client would not see the answer.
Task<void> Connection::say_goodbye() {
    if (!open()) {
        co_return;
    }
    if (!flush()) {
        co_await write_rest();
    }
    if (open() && socket_.tls() != nullptr) {
        co_await end_tls();
    }
    if (open() && (unread_body_ || !buffer_.empty())) {
        co_await linger();
    }
}

Task<void> Connection::linger() {
    error_code fault;
    socket_.shutdown(ReadySocket::shutdown_send, fault);
    timed_out_ = false;
    state_->arm(*this, DeadlineKind::linger);
    buffer_.truncate(0);
    buffer_.make_room();
    // As much as a client may have been allowed to send: some send all of it before they read.
    std::size_t left = std::max(kLeastLinger, state_->options.max_body);
    const auto end = proto::Deadline::after(kMaxLinger);
    std::size_t read = 1;
    std::size_t since_armed = 0;
    while (open() && read != 0 && !timed_out_ && left > 0 && !end.passed()) {
        read = co_await socket_.read_some(buffer_.space(), buffer_.space_size());
        left -= std::min(left, read);
        since_armed += read;
        if (since_armed >= kLingerStep && !timed_out_ && !state_->draining) {
            since_armed = 0;
            state_->arm(*this, DeadlineKind::linger);
        }
    }
    DeadlineQueue::disarm(*this);
}

void Connection::write_error_answer(const ErrorAnswer& error) {
    settle_keep_alive();
    exchange_.coding = Coding::identity;
    exchange_.varies = false;
    write_error(state_->output, exchange_, error, state_->date_line());
}

/// A draining gateway answers what it has read, and ends the connection with the last answer.
void Connection::settle_keep_alive() noexcept {
    const bool last = buffer_.bytes().size() <= request_bytes_;
    if (exchange_.keep_alive && state_->draining && last) {
        exchange_.keep_alive = false;
        unread_body_ = true;  // the rest of a body, or the next request, may be on its way
    }
}

}  // namespace typhon::http
