// How a connection speaks TLS: the handshake, encrypted answers, and the orderly end. Everything
// else is the same with and without.
#include <algorithm>

#include <spdlog/spdlog.h>

#include "gateway/http/connection.hpp"
#include "gateway/http/tls_context.hpp"

namespace typhon::http {

namespace {

constexpr std::size_t kRecord = 16U << 10;  // the most that one record holds
constexpr std::size_t kKeepOutput = 256U << 10;

}  // namespace

void Connection::start_tls(const TlsContext& context) {
    socket_.start_tls(context);
}

/// The handshake, within the time for the first head. False when there will be no request.
Task<bool> Connection::shake_hands() {
    TlsSession& session = *socket_.tls();
    for (;;) {
        const TlsSession::Step step = session.shake_hands();
        if (step == TlsSession::Step::done) {
            co_return true;
        }
        if (step == TlsSession::Step::failed) {
            break;
        }
        wait_for_head();
        const bool go_on = step == TlsSession::Step::wants_read ? co_await socket_.readable()
                                                                : co_await socket_.writable();
        waiting_for_head_ = false;
        if (!go_on) {
            co_return false;
        }
    }
    co_await give_up_handshake();
    co_return false;
}

/// OpenSSL has sent its alert. Who spoke plain HTTP gets an answer that he can read.
Task<void> Connection::give_up_handshake() {
    const bool plain_http = socket_.tls()->met_plain_http();
    spdlog::debug("the TLS handshake with {} failed: {}",
                  peer_.text(),
                  plain_http ? "it spoke HTTP without TLS" : socket_.tls()->reason());
    socket_.drop_tls();
    if (plain_http) {
        co_await refuse_fault({400, "This port speaks HTTPS, and the request came without TLS."});
    } else {
        unread_body_ = true;
        co_await say_goodbye();
    }
}

/// As send_with(). The first record holds the output and as much of the body as fits.
bool Connection::send_encrypted(std::string_view body) {
    std::string& output = state_->output;
    const std::size_t room = kRecord - std::min(kRecord, output.size());
    output += body.substr(0, room);
    body.remove_prefix(std::min(room, body.size()));
    TlsSession& session = *socket_.tls();
    const std::size_t of_output = session.write(output);
    const std::size_t of_body = of_output == output.size() ? session.write(body) : 0;
    open_ = open_ && !session.broken();
    sent_ += of_output + of_body;
    const bool whole = !open_ || (of_output == output.size() && of_body == body.size());
    if (!whole) {
        rest_.assign(output, of_output);
        rest_ += body.substr(of_body);
    }
    output.clear();
    if (output.capacity() > kKeepOutput) {
        output.shrink_to_fit();
    }
    return whole;
}

/// Sends rest_. False when the connection is broken or the time is over.
Task<bool> Connection::write_rest_encrypted(Unsent::Answer& unsent) {
    std::string_view left = rest_;
    bool go_on = true;
    while (go_on) {
        const std::size_t sent = socket_.tls()->write(left);
        sent_ += sent;
        left.remove_prefix(sent);
        unsent.moved();
        if (left.empty()) {
            co_return true;
        }
        go_on = !socket_.tls()->broken();
        if (go_on) {
            go_on = co_await socket_.writable();
        }
    }
    co_return false;
}

/// Tells the client that this is all; the socket is plain afterwards.
Task<void> Connection::end_tls() {
    state_->arm(*this, DeadlineKind::write);
    bool go_on = true;  // GCC 12 miscompiles a loop that is left after a co_await
    while (go_on && !socket_.tls()->say_end()) {
        go_on = co_await socket_.writable();
    }
    end_write();
    socket_.drop_tls();
}

}  // namespace typhon::http
