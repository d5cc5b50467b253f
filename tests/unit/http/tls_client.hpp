// Certificates made in memory, and a blocking TLS client, for tests. Every wait ends after five
// seconds.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/types.h>
#include <sys/types.h>

#include "gateway/http/tls_context.hpp"

namespace typhon::test {

/// A directory with a certificate that signs itself, and its key.
class CertificateFiles {
public:
    /// Valid for `seconds` from now; expired when that is below 0.
    explicit CertificateFiles(long seconds = 3600);
    ~CertificateFiles();
    CertificateFiles(const CertificateFiles&) = delete;
    CertificateFiles& operator=(const CertificateFiles&) = delete;
    CertificateFiles(CertificateFiles&&) = delete;
    CertificateFiles& operator=(CertificateFiles&&) = delete;

    [[nodiscard]] const http::TlsFiles& files() const noexcept { return files_; }
    void set_key_mode(mode_t mode) const;

private:
    std::string directory_;
    http::TlsFiles files_;
};

/// A context of these files with ticket keys of its own.
[[nodiscard]] std::shared_ptr<const http::TlsContext> load(const http::TlsFiles& files);

class TlsClient {
public:
    /// Connects and shakes hands; fails the test when that does not work.
    explicit TlsClient(std::uint16_t port);
    ~TlsClient();
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;
    TlsClient(TlsClient&&) = delete;
    TlsClient& operator=(TlsClient&&) = delete;

    void send(std::string_view bytes);
    /// Exactly so many decrypted bytes; fewer when the connection ended before.
    std::string read(std::size_t size);
    /// True when the server says the end by close_notify, and nothing before it.
    bool ends_cleanly();
    [[nodiscard]] int fd() const noexcept { return fd_; }

private:
    int fd_ = -1;
    SSL_CTX* context_;
    SSL* session_;
};

}  // namespace typhon::test
