#include "gateway/http/tls_session.hpp"

#include <algorithm>
#include <climits>
#include <new>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "gateway/http/ready_socket.hpp"
#include "gateway/http/tls_context.hpp"
#include "gateway/http/tls_files.hpp"

namespace typhon::http {

/// Between OpenSSL and the socket.
struct SocketBio {
    static TlsSession& session_of(BIO* bio) { return *static_cast<TlsSession*>(BIO_get_data(bio)); }

    static int read(BIO* bio, char* data, int size) {
        BIO_clear_retry_flags(bio);
        const int got = session_of(bio).receive(data, size);
        if (got < 0) {
            BIO_set_retry_read(bio);
        }
        return got;
    }

    static int write(BIO* bio, const char* data, int size) {
        BIO_clear_retry_flags(bio);
        const int sent = session_of(bio).send(data, size);
        if (sent < 0) {
            BIO_set_retry_write(bio);
        }
        return sent;
    }

    static long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
        return command == BIO_CTRL_FLUSH ? 1 : 0;
    }

    static BIO_METHOD* method() {
        static BIO_METHOD* const made = [] {
            BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
            BIO_meth_set_read(method, &SocketBio::read);
            BIO_meth_set_write(method, &SocketBio::write);
            BIO_meth_set_ctrl(method, &SocketBio::control);
            return method;
        }();
        return made;
    }
};

void TlsSession::Free::operator()(SSL* session) const noexcept {
    SSL_free(session);
}

TlsSession::TlsSession(const TlsContext& context, ReadySocket& socket)
    : socket_(socket), session_(SSL_new(context.get())) {
    BIO* bio = session_ == nullptr ? nullptr : BIO_new(SocketBio::method());
    if (bio == nullptr) {
        ERR_clear_error();
        throw std::bad_alloc();
    }
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(session_.get(), bio, bio);
    SSL_set_accept_state(session_.get());
}

TlsSession::~TlsSession() = default;

/// For OpenSSL: bytes read, 0 at the end, -1 when there is nothing now.
int TlsSession::receive(char* data, int size) noexcept {
    if (socket_.drained_) {
        return -1;
    }
    const std::size_t got = socket_.receive_raw(data, static_cast<std::size_t>(size));
    if (got == ReadySocket::kNothing) {
        return -1;
    }
    if (got > 0 && !std::exchange(looked_, true)) {
        // A TLS record begins with 22, a method with a letter. (OpenSSL knows but some methods.)
        met_plain_http_ = data[0] >= 'A' && data[0] <= 'Z';
        return met_plain_http_ ? 0 : static_cast<int>(got);
    }
    return static_cast<int>(got);
}

/// For OpenSSL: bytes sent, -1 when the socket takes none now, 0 when it is broken.
int TlsSession::send(const char* data, int size) noexcept {
    const std::size_t sent = socket_.send_raw(data, static_cast<std::size_t>(size));
    return sent == ReadySocket::kNothing ? -1 : static_cast<int>(sent);
}

TlsSession::Step TlsSession::shake_hands() noexcept {
    ERR_clear_error();
    const int result = SSL_do_handshake(session_.get());
    if (result == 1) {
        return Step::done;
    }
    switch (SSL_get_error(session_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return Step::wants_read;
        case SSL_ERROR_WANT_WRITE:
            return Step::wants_write;
        default:
            broken_ = true;
            reason_ = ERR_peek_last_error() == 0 ? "the client went away" : last_reason();
            return Step::failed;
    }
}

std::size_t TlsSession::read(char* data, std::size_t size) noexcept {
    if (broken_) {
        return 0;
    }
    ERR_clear_error();
    std::size_t got = 0;
    if (SSL_read_ex(session_.get(), data, size, &got) == 1) {
        return got;
    }
    switch (SSL_get_error(session_.get(), 0)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE:  // the answer to a key update; it goes with the next write
            return ReadySocket::kNothing;
        case SSL_ERROR_ZERO_RETURN:
            return 0;
        default:
            ERR_clear_error();
            broken_ = true;
            return 0;
    }
}

bool TlsSession::has_pending() const noexcept {
    return SSL_has_pending(session_.get()) == 1;
}

std::size_t TlsSession::write(std::string_view bytes) noexcept {
    const std::size_t size = bytes.size();
    while (!bytes.empty() && !broken_) {
        ERR_clear_error();
        std::size_t sent = 0;
        if (SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &sent) == 1) {
            bytes.remove_prefix(sent);
        } else if (SSL_get_error(session_.get(), 0) == SSL_ERROR_WANT_WRITE) {
            break;
        } else {  // no handshake is under way, so it never wants to read
            ERR_clear_error();
            broken_ = true;
        }
    }
    return size - bytes.size();
}

bool TlsSession::say_end() noexcept {
    if (broken_ || SSL_in_init(session_.get()) == 1) {
        return true;
    }
    ERR_clear_error();
    const int result = SSL_shutdown(session_.get());
    const bool blocked =
        result < 0 && SSL_get_error(session_.get(), result) == SSL_ERROR_WANT_WRITE;
    ERR_clear_error();
    return !blocked;
}

}  // namespace typhon::http
