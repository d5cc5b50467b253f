#include "gateway/http/tls_files.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/supervisor/unique_fd.hpp"

namespace typhon::http {

namespace {

constexpr off_t kMaxFile = off_t{1} << 20;
constexpr std::size_t kMaxNames = 5;

std::string reason_of(int fault) {
    return std::generic_category().message(fault);
}

UniqueFd open_file(const std::string& what, const std::string& path, struct stat& info) {
    UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file.valid() || ::fstat(file.get(), &info) != 0) {
        throw TlsError("the " + what + " " + path + " cannot be read: " + reason_of(errno));
    }
    if (!S_ISREG(info.st_mode) || info.st_size > kMaxFile) {
        throw TlsError("the " + what + " " + path + " is no file of PEM text");
    }
    return file;
}

std::string read_all(const std::string& what, const std::string& path, int fd) {
    std::string text;
    std::array<char, 4096> part{};
    ssize_t size = 0;
    while ((size = ::read(fd, part.data(), part.size())) > 0 &&
           text.size() <= std::size_t{kMaxFile}) {
        text.append(part.data(), static_cast<std::size_t>(size));
    }
    OPENSSL_cleanse(part.data(), part.size());
    if (size < 0) {
        throw TlsError("the " + what + " " + path + " cannot be read: " + reason_of(errno));
    }
    return text;
}

/// Like sshd: a key that is ours must be for us alone. One that another user owns may be for a
/// group that we belong to (Debian's ssl-cert), but never for everybody.
void check_mode(const std::string& path, const struct stat& info) {
    const mode_t open_to = info.st_mode & (info.st_uid == ::geteuid() ? 0077U : 0007U);
    if (open_to != 0) {
        std::array<char, 8> mode{};
        std::snprintf(mode.data(), mode.size(), "%04o", info.st_mode & 07777U);
        throw TlsError("the key " + path + " has mode " + mode.data() +
                       ", so others can read it; chmod 600 it, and think about a new key");
    }
}

/// Never asks at the terminal.
int refuse_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

std::string dns_names(X509* certificate) {
    auto* names = static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    std::string text;
    std::size_t count = 0;
    for (int index = 0; index < sk_GENERAL_NAME_num(names); ++index) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, index);
        if (name->type == GEN_DNS && count++ < kMaxNames) {
            text += text.empty() ? "" : ", ";
            text.append(
                // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): ASCII
                reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
        }
    }
    GENERAL_NAMES_free(names);
    return text;
}

std::string common_name(X509* certificate) {
    std::array<char, 256> text{};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate),
                              NID_commonName,
                              text.data(),
                              static_cast<int>(text.size()));
    return text.data();
}

/// It is shown in logs and at a terminal.
std::string printable(std::string text) {
    for (char& c : text) {
        c = c >= ' ' && c <= '~' ? c : '?';
    }
    return text;
}

std::time_t time_of(const ASN1_TIME* time) {
    std::tm parts{};
    return ASN1_TIME_to_tm(time, &parts) == 1 ? ::timegm(&parts) : 0;
}

}  // namespace

void FreeCertificate::operator()(X509* certificate) const noexcept {
    X509_free(certificate);
}

void FreeKey::operator()(EVP_PKEY* key) const noexcept {
    EVP_PKEY_free(key);
}

std::string read_certificates(const std::string& path) {
    struct stat info {};
    const UniqueFd file = open_file("certificate", path, info);
    return read_all("certificate", path, file.get());
}

PrivateKey read_key(const std::string& path) {
    struct stat info {};
    const UniqueFd file = open_file("key", path, info);
    check_mode(path, info);
    std::string text = read_all("key", path, file.get());
    BIO* memory = BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
    bool asked = false;
    PrivateKey key(PEM_read_bio_PrivateKey(memory, nullptr, &refuse_passphrase, &asked));
    BIO_free(memory);
    OPENSSL_cleanse(text.data(), text.size());
    if (asked) {
        (void)last_reason();
        throw TlsError("the key " + path +
                       " is encrypted, and there is nobody to ask for the passphrase: decrypt it");
    }
    if (key == nullptr) {
        throw TlsError("the key " + path + " holds no private key in PEM: " + last_reason());
    }
    return key;
}

CertificateFacts facts_of(X509* certificate) {
    CertificateFacts facts;
    const std::string names = dns_names(certificate);
    facts.names = printable(names.empty() ? common_name(certificate) : names);
    facts.not_before = time_of(X509_get0_notBefore(certificate));
    facts.not_after = time_of(X509_get0_notAfter(certificate));
    return facts;
}

std::string last_reason() {
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return reason == nullptr ? "unknown reason" : reason;
}

}  // namespace typhon::http
