// What ends a connection, or what it is at, from outside: its deadlines, the drain of the gateway,
// and close().
#include <utility>

#include <sys/ioctl.h>

#include "gateway/http/connection.hpp"
#include "gateway/http/content_stream.hpp"
#include "gateway/http/web_socket.hpp"

namespace typhon::http {

void Connection::on_deadline() {
    error_code ignored;
    int waiting = 0;
    switch (kind) {
        case DeadlineKind::look:
            look_at_client();
            return;
        case DeadlineKind::ping:
            look_at_websocket();
            return;
        case DeadlineKind::body:
            if (!body_is_slow()) {
                state_->arm(*this, DeadlineKind::body);
                return;
            }
            break;
        case DeadlineKind::quiet:
            ::ioctl(socket_.native_handle(), FIONREAD, &waiting);
            if (waiting > 0) {
                return;  // the read that waits will bring it
            }
            break;
        default:
            break;
    }
    timed_out_ = true;
    socket_.cancel(ignored);
}

void Connection::look_at_client() {
    if (client_is_gone()) {
        close();
    } else {
        state_->arm(*this, DeadlineKind::look);
    }
}

void Connection::begin_drain() {
    if (web_socket_ != nullptr) {
        web_socket_->close_soon(1001);
    }
    if (waiting_for_head_) {
        state_->arm(*this, DeadlineKind::quiet);
    }
}

void Connection::close() {
    open_ = false;
    error_code ignored;
    socket_.close(ignored);
    if (call_ != nullptr) {
        state_->services.port.cancel(*std::exchange(call_, nullptr));
    }
    if (waiter_ != nullptr) {
        waiter_->give_up();
    }
    if (reply_stream_ != nullptr) {
        reply_stream_->wake();
    }
    if (upload_ != nullptr) {
        wake_upload();
    }
    if (web_socket_ != nullptr) {
        web_socket_->abort();
    }
    if (stream_ != nullptr) {
        std::exchange(stream_, nullptr)->abandon();
    }
}

}  // namespace typhon::http
