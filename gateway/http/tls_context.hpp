// Certificate and key of the TLS listeners, loaded, checked, and made ready for sessions.
//
// Immutable once made; sessions keep what they need of it, so it may go while they last. Any
// thread. The settings are those of docs/tls.md.
#pragma once

#include <ctime>
#include <memory>
#include <stdexcept>
#include <string>

#include <openssl/types.h>

namespace typhon::http {

class TicketKeys;

/// Certificate or key cannot be used; one sentence that names the file and the reason.
class TlsError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct TlsFiles {
    std::string certificate;  // PEM: the certificate, then those that lead to its root
    std::string key;          // PEM, without a passphrase
};

struct CertificateFacts {
    std::string names;  // "example.org, www.example.org"; at most five
    std::time_t not_before = 0;
    std::time_t not_after = 0;

    /// Empty when it is valid at `now`; else one sentence.
    [[nodiscard]] std::string complaint(std::time_t now) const;
};

/// "2027-01-31T12:00:00Z".
[[nodiscard]] std::string utc_text(std::time_t time);

class TlsContext {
public:
    /// Reads both files. Throws TlsError: a file cannot be read, others may read the key, it needs
    /// a passphrase, it does not belong to the certificate, either is no PEM or too weak. An
    /// expired certificate is none of these. Tickets are sealed by `tickets`, so that sessions go
    /// on over a reload.
    TlsContext(const TlsFiles& files, std::shared_ptr<TicketKeys> tickets);

    [[nodiscard]] SSL_CTX* get() const noexcept { return context_.get(); }
    [[nodiscard]] const CertificateFacts& certificate() const noexcept { return facts_; }

private:
    struct Free {
        void operator()(SSL_CTX* context) const noexcept;
    };

    std::shared_ptr<TicketKeys> tickets_;
    std::unique_ptr<SSL_CTX, Free> context_;
    CertificateFacts facts_;
};

}  // namespace typhon::http
