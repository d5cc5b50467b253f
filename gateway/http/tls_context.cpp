#include "gateway/http/tls_context.hpp"

#include <array>
#include <string_view>
#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "gateway/http/ticket_keys.hpp"
#include "gateway/http/tls_files.hpp"

namespace typhon::http {

namespace {

// "Intermediate" of https://wiki.mozilla.org/Security/Server_Side_TLS without DHE: forward secrecy
// and authenticated encryption alone. TLS 1.3 has no others.
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kGroups = "X25519:P-256:P-384";
constexpr std::string_view kSessionContext = "typhon";
constexpr std::string_view kHttp11 = "http/1.1";

/// Protocol negotiation (RFC 7301): http/1.1, or the handshake ends.
int select_protocol(SSL* /*session*/,
                    const unsigned char** chosen,
                    unsigned char* chosen_size,
                    const unsigned char* offered,
                    unsigned int offered_size,
                    void* /*argument*/) {
    for (unsigned int at = 0; at < offered_size; at += offered[at] + 1U) {
        const std::string_view name(
            // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the API has no char
            reinterpret_cast<const char*>(offered + at + 1),
            offered[at]);
        if (name == kHttp11) {
            *chosen = offered + at + 1;
            *chosen_size = offered[at];
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void set_up(SSL_CTX* context) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                         SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets alone
    SSL_CTX_set_alpn_select_cb(context, &select_protocol, nullptr);
    const bool known = SSL_CTX_set_cipher_list(context, kCiphers) == 1 &&
                       SSL_CTX_set1_groups_list(context, kGroups) == 1 &&
                       SSL_CTX_set_session_id_context(
                           context,
                           // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
                           reinterpret_cast<const unsigned char*>(kSessionContext.data()),
                           kSessionContext.size()) == 1;
    if (!known) {
        throw TlsError("this OpenSSL does not know the ciphers of typhon: " + last_reason());
    }
}

/// The certificate and its chain into `context`; what the first one says.
CertificateFacts use_certificates(SSL_CTX* context, const std::string& path) {
    const std::string text = read_certificates(path);
    BIO* memory = BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
    const std::unique_ptr<BIO, decltype(&BIO_free)> owner(memory, &BIO_free);
    const Certificate first(PEM_read_bio_X509(memory, nullptr, nullptr, nullptr));
    if (first == nullptr) {
        throw TlsError("the certificate " + path +
                       " holds no certificate in PEM: " + last_reason());
    }
    if (SSL_CTX_use_certificate(context, first.get()) != 1) {
        throw TlsError("the certificate " + path + " cannot be used: " + last_reason());
    }
    while (Certificate next{PEM_read_bio_X509(memory, nullptr, nullptr, nullptr)}) {
        if (SSL_CTX_add1_chain_cert(context, next.get()) != 1) {
            throw TlsError("the chain in " + path + " cannot be used: " + last_reason());
        }
    }
    ERR_clear_error();  // the end of the file is one
    return facts_of(first.get());
}

void use_key(SSL_CTX* context, const TlsFiles& files) {
    const PrivateKey key = read_key(files.key);
    const X509* certificate = SSL_CTX_get0_certificate(context);
    if (X509_check_private_key(certificate, key.get()) != 1) {
        ERR_clear_error();
        throw TlsError("the key " + files.key + " does not belong to the certificate " +
                       files.certificate);
    }
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
        throw TlsError("the key " + files.key + " cannot be used: " + last_reason());
    }
}

}  // namespace

std::string utc_text(std::time_t time) {
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    std::array<char, 32> text{};
    (void)std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text.data();
}

std::string CertificateFacts::complaint(std::time_t now) const {
    if (now > not_after) {
        return "the certificate (" + names + ") has expired at " + utc_text(not_after) +
               ": clients will refuse it";
    }
    if (now < not_before) {
        return "the certificate (" + names + ") is not valid before " + utc_text(not_before) +
               ": clients will refuse it";
    }
    return {};
}

void TlsContext::Free::operator()(SSL_CTX* context) const noexcept {
    SSL_CTX_free(context);
}

TlsContext::TlsContext(const TlsFiles& files, std::shared_ptr<TicketKeys> tickets)
    : tickets_(std::move(tickets)), context_(SSL_CTX_new(TLS_server_method())) {
    if (context_ == nullptr) {
        throw TlsError("OpenSSL cannot be set up: " + last_reason());
    }
    set_up(context_.get());
    facts_ = use_certificates(context_.get(), files.certificate);
    use_key(context_.get(), files);
    TicketKeys::attach(tickets_, context_.get());
}

}  // namespace typhon::http
