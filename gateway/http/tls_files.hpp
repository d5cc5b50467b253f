// Reads certificates and keys from PEM files, and says in one sentence what is wrong with them.
//
// Blocks for the files. Any thread.
#pragma once

#include <memory>
#include <string>

#include <openssl/types.h>

#include "gateway/http/tls_context.hpp"

namespace typhon::http {

struct FreeCertificate {
    void operator()(X509* certificate) const noexcept;
};
struct FreeKey {
    void operator()(EVP_PKEY* key) const noexcept;
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;
using PrivateKey = std::unique_ptr<EVP_PKEY, FreeKey>;

/// The text of the PEM file at `path`, at most 1 MiB. Throws TlsError.
[[nodiscard]] std::string read_certificates(const std::string& path);

/// The private key in `path`. Throws TlsError, too when anybody may read the file, or it is ours
/// and its group may (as sshd asks of its keys).
[[nodiscard]] PrivateKey read_key(const std::string& path);

/// Names and dates of a certificate.
[[nodiscard]] CertificateFacts facts_of(X509* certificate);

/// "ee key too small": the last thing that went wrong in OpenSSL, whose list is emptied.
[[nodiscard]] std::string last_reason();

}  // namespace typhon::http
