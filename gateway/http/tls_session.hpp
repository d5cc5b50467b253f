// The TLS session of one connection: what the socket brings is decrypted, what is sent encrypted.
//
// It never waits: each call does what can be done at once and says what to wait for. It reads and
// writes by the ReadySocket that owns it, which so knows what is left to read. Loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/types.h>

namespace typhon::http {

class ReadySocket;
class TlsContext;

class TlsSession {
public:
    enum class Step : std::uint8_t { done, wants_read, wants_write, failed };

    /// Throws std::bad_alloc. `socket` lives longer.
    TlsSession(const TlsContext& context, ReadySocket& socket);
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;
    TlsSession(TlsSession&&) = delete;
    TlsSession& operator=(TlsSession&&) = delete;

    /// Goes on with the handshake. After `failed` the client has been told by an alert, unless it
    /// spoke plain HTTP: then the socket is as if there were no TLS.
    [[nodiscard]] Step shake_hands() noexcept;
    [[nodiscard]] bool met_plain_http() const noexcept { return met_plain_http_; }
    /// Why the handshake failed; for the log.
    [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

    /// As ReadySocket::receive().
    [[nodiscard]] std::size_t read(char* data, std::size_t size) noexcept;

    /// True when bytes wait inside the session, whole or in part.
    [[nodiscard]] bool has_pending() const noexcept;

    /// Sends as much as the socket takes now; the bytes taken. With fewer than all: broken(), or
    /// wait until the socket is writable and come back with the rest, and maybe more after it.
    [[nodiscard]] std::size_t write(std::string_view bytes) noexcept;
    [[nodiscard]] bool broken() const noexcept { return broken_; }

    /// Tells the client that nothing more will be sent. False when the socket takes nothing now.
    [[nodiscard]] bool say_end() noexcept;

private:
    friend struct SocketBio;
    struct Free {
        void operator()(SSL* session) const noexcept;
    };

    [[nodiscard]] int receive(char* data, int size) noexcept;
    [[nodiscard]] int send(const char* data, int size) noexcept;

    ReadySocket& socket_;
    std::unique_ptr<SSL, Free> session_;
    std::string reason_;
    bool looked_ = false;  // at the first byte
    bool met_plain_http_ = false;
    bool broken_ = false;
};

}  // namespace typhon::http
