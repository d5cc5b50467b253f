#include "tls_client.hpp"

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/http/ticket_keys.hpp"

namespace typhon::test {

namespace {

constexpr long kPatience = 5;

int connect_to(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{kPatience, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return fd;
}

X509* make_certificate(EVP_PKEY* key, long seconds) {
    X509* certificate = X509_new();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), seconds < 0 ? seconds - 1 : -1);
    X509_gmtime_adj(X509_getm_notAfter(certificate), seconds);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate),
                               "CN",
                               MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("localhost"),
                               -1,
                               -1,
                               0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    X509_set_pubkey(certificate, key);
    REQUIRE(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

template <class Write>
void write_file(const std::string& path, Write write) {
    const std::unique_ptr<std::FILE, decltype(&std::fclose)> file(std::fopen(path.c_str(), "w"),
                                                                  &std::fclose);
    REQUIRE(file != nullptr);
    REQUIRE(write(file.get()) == 1);
}

}  // namespace

CertificateFiles::CertificateFiles(long seconds) {
    directory_ = (std::filesystem::temp_directory_path() / "typhon-tls-XXXXXX").string();
    REQUIRE(::mkdtemp(directory_.data()) != nullptr);
    files_ = {directory_ + "/cert.pem", directory_ + "/key.pem"};
    EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
    REQUIRE(key != nullptr);
    X509* certificate = make_certificate(key, seconds);
    write_file(files_.certificate, [&](std::FILE* f) { return PEM_write_X509(f, certificate); });
    write_file(files_.key, [&](std::FILE* f) {
        return PEM_write_PrivateKey(f, key, nullptr, nullptr, 0, nullptr, nullptr);
    });
    X509_free(certificate);
    EVP_PKEY_free(key);
    set_key_mode(S_IRUSR | S_IWUSR);
}

CertificateFiles::~CertificateFiles() {
    std::filesystem::remove_all(directory_);
}

void CertificateFiles::set_key_mode(mode_t mode) const {
    REQUIRE(::chmod(files_.key.c_str(), mode) == 0);
}

std::shared_ptr<const http::TlsContext> load(const http::TlsFiles& files) {
    return std::make_shared<const http::TlsContext>(files, std::make_shared<http::TicketKeys>());
}

TlsClient::TlsClient(std::uint16_t port)
    : fd_(connect_to(port)),
      context_(SSL_CTX_new(TLS_client_method())),
      session_(SSL_new(context_)) {
    SSL_set_fd(session_, fd_);
    REQUIRE(SSL_connect(session_) == 1);
}

TlsClient::~TlsClient() {
    SSL_free(session_);
    SSL_CTX_free(context_);
    ::close(fd_);
}

void TlsClient::send(std::string_view bytes) {
    REQUIRE(SSL_write(session_, bytes.data(), static_cast<int>(bytes.size())) ==
            static_cast<int>(bytes.size()));
}

std::string TlsClient::read(std::size_t size) {
    std::string all(size, '\0');
    std::size_t have = 0;
    std::size_t got = 0;
    while (have < size && SSL_read_ex(session_, all.data() + have, size - have, &got) == 1) {
        have += got;
    }
    all.resize(have);
    return all;
}

bool TlsClient::ends_cleanly() {
    char byte = 0;
    const int result = SSL_read(session_, &byte, 1);
    return SSL_get_error(session_, result) == SSL_ERROR_ZERO_RETURN;
}

}  // namespace typhon::test
