// The front with TLS: what is loaded, and connections whose records, requests and buffers do not
// end where the others do.
#include <ctime>
#include <string>
#include <thread>

#include "server_fixture.hpp"
#include "tls_client.hpp"
#include <doctest/doctest.h>
#include <sys/socket.h>

#include "gateway/http/tls_certificates.hpp"
#include "gateway/http/tls_context.hpp"

using namespace typhon;
using namespace typhon::test;

namespace {

std::string fault_of(const http::TlsFiles& files) {
    try {
        static_cast<void>(load(files));
    } catch (const http::TlsError& error) {
        return error.what();
    }
    return {};
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

struct TlsFixture : ServerFixture {
    TlsFixture() {
        tls = load(certificate.files());
        router.add("GET", "/native/large", [](const Request&, Response& response) {
            response.set_content(std::string(kLarge, 'x'), "text/plain");
        });
    }

    /// The body of the next answer, which has `size` bytes.
    static std::string body_of(TlsClient& client, std::size_t size) {
        std::string head;
        while (!head.ends_with("\r\n\r\n")) {
            const std::string byte = client.read(1);
            if (byte.empty()) {
                return "the connection ended after: " + head;
            }
            head += byte;
        }
        return client.read(size);
    }

    static constexpr std::size_t kLarge = std::size_t{8} << 20;
    CertificateFiles certificate;
};

const std::string kHealthy = get_request("/-/healthy");
constexpr std::string_view kHealthyBody = R"({"status":"ok"})";

}  // namespace

TEST_CASE("TlsContext: a pair is loaded, and what it says") {
    const CertificateFiles pair;
    const auto context = load(pair.files());
    CHECK(context->certificate().names == "localhost");
    CHECK(context->certificate().complaint(std::time(nullptr)).empty());
    CHECK(has(context->certificate().complaint(std::time(nullptr) + 7200), "has expired"));
    CHECK(has(context->certificate().complaint(std::time(nullptr) - 7200), "not valid before"));
}

TEST_CASE("TlsContext: an expired certificate is loaded, and complained of") {
    const CertificateFiles pair(-10);
    CHECK(has(load(pair.files())->certificate().complaint(std::time(nullptr)), "has expired"));
}

TEST_CASE("TlsContext: a key for others, of others, or none is told with its file") {
    const CertificateFiles pair;
    const CertificateFiles other;
    const http::TlsFiles& files = pair.files();
    for (const mode_t mode : {0640U, 0604U, 0620U, 0601U}) {
        pair.set_key_mode(mode);
        CHECK(has(fault_of(files), files.key));
        CHECK(has(fault_of(files), "chmod 600"));
    }
    pair.set_key_mode(0400);
    CHECK(fault_of(files).empty());
    CHECK(has(fault_of({files.certificate, other.files().key}), "does not belong"));
    CHECK(has(fault_of({files.certificate, "/missing"}), "/missing"));
    CHECK(has(fault_of({"/missing", files.key}), "/missing"));
    CHECK(has(fault_of({files.key, files.key}), "holds no certificate"));
    CHECK(has(fault_of({files.certificate, "/"}), "no file"));
}

TEST_CASE("TlsCertificates: a pair that cannot be used does not replace one that can") {
    const CertificateFiles pair;
    http::TlsCertificates certificates(pair.files());
    const auto first = certificates.current();
    pair.set_key_mode(0644);
    CHECK(has(certificates.reload(), "chmod 600"));
    CHECK(has(certificates.last_error(), "chmod 600"));
    CHECK(certificates.current() == first);
    pair.set_key_mode(0600);
    CHECK(certificates.reload().empty());
    CHECK(certificates.last_error().empty());
    CHECK(certificates.current() != first);
}

TEST_CASE_FIXTURE(TlsFixture, "Tls: requests are answered one after the other, and pipelined") {
    start();
    TlsClient client(port_number());
    for (int round = 0; round < 3; ++round) {
        client.send(kHealthy);
        CHECK(body_of(client, kHealthyBody.size()) == kHealthyBody);
    }
    std::string many;
    for (int request = 0; request < 100; ++request) {
        many += kHealthy;
    }
    client.send(many);
    for (int request = 0; request < 100; ++request) {
        REQUIRE(body_of(client, kHealthyBody.size()) == kHealthyBody);
    }
}

TEST_CASE_FIXTURE(TlsFixture, "Tls: a request in many records is one request") {
    start();
    TlsClient client(port_number());
    for (const char byte : kHealthy) {
        client.send({&byte, 1});
    }
    CHECK(body_of(client, kHealthyBody.size()) == kHealthyBody);
}

TEST_CASE_FIXTURE(TlsFixture, "Tls: a large answer reaches a slow reader whole") {
    start();
    TlsClient client(port_number());
    client.send(get_request("/native/large") + kHealthy);
    on_loop([] {});  // the socket is full before anything is read
    const bool whole = body_of(client, kLarge) == std::string(kLarge, 'x');
    CHECK(whole);
    CHECK(body_of(client, kHealthyBody.size()) == kHealthyBody);
}

TEST_CASE_FIXTURE(TlsFixture, "Tls: a large body arrives whole") {
    start();
    std::size_t got = 0;
    port.outcome = [](relay::Call& call) { call.reply.status = 204; };
    TlsClient client(port_number());
    const std::string body(std::size_t{4} << 20, 'b');
    client.send(post_request("/python/upload", body));
    CHECK(has(client.read(12), "204"));
    got = port.seen().front().body.size();
    CHECK(got == body.size());
}

TEST_CASE_FIXTURE(TlsFixture, "Tls: the end is said after the last answer") {
    start();
    TlsClient client(port_number());
    client.send(get_request("/-/healthy", "Connection: close\r\n"));
    CHECK(body_of(client, kHealthyBody.size()) == kHealthyBody);
    CHECK(client.ends_cleanly());
}

TEST_CASE_FIXTURE(TlsFixture, "Tls: an idle connection ends in order when its time is over") {
    options.idle_timeout = std::chrono::milliseconds(50);
    start();
    TlsClient client(port_number());
    client.send(kHealthy);
    CHECK(body_of(client, kHealthyBody.size()) == kHealthyBody);
    CHECK(client.ends_cleanly());
}

TEST_CASE_FIXTURE(TlsFixture, "Tls: plain HTTP gets a plain 400") {
    start();
    for (const char* method : {"GET", "PATCH"}) {
        Client client = connect();
        client.send(std::string(method) + " / HTTP/1.1\r\nHost: x\r\n\r\n");
        CHECK(client.read().status == 400);
        CHECK(client.ends_cleanly());
    }
}

TEST_CASE_FIXTURE(TlsFixture, "Tls: handshakes that fail, stop or never begin leave nothing") {
    options.head_timeout = std::chrono::milliseconds(100);
    start();
    const std::string hello("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", 10);
    for (std::size_t size = 0; size <= hello.size(); ++size) {
        Client stops = connect();
        stops.send(std::string_view(hello).substr(0, size));
        Client leaves = connect();
        leaves.send(std::string_view(hello).substr(0, size));
        leaves.reset();
        Client fails = connect();
        fails.send(std::string("\0\1\2", 3));
        CHECK(eventually([this] { return connections() == 0; }));
    }
}

TEST_CASE_FIXTURE(TlsFixture, "Tls: a drain answers what was sent, and ends the session") {
    start();
    TlsClient client(port_number());
    TlsClient idle(port_number());
    client.send(get_request("/python/hello"));
    REQUIRE(eventually([this] { return port.seen().size() == 1; }));
    on_loop([this] { server->begin_drain(); });
    CHECK(idle.ends_cleanly());
    port.finish_waiting([](relay::Call& call) { call.reply.status = 204; });
    CHECK(has(client.read(12), "204"));
}

TEST_CASE_FIXTURE(TlsFixture,
                  "Tls: what is not encrypted behind the handshake ends the connection") {
    start();
    TlsClient client(port_number());
    const std::string garbage = "\x17\x03\x03" + std::string("\0\x20", 2) + std::string(32, 'x');
    REQUIRE(::send(client.fd(), garbage.data(), garbage.size(), MSG_NOSIGNAL) > 0);
    CHECK(eventually([this] { return connections() == 0; }));
}

TEST_CASE_FIXTURE(TlsFixture, "Tls: Python handlers learn the scheme, native ones too") {
    router.add("GET", "/native/scheme", [](const Request& request, Response& response) {
        response.set_content(std::string(request.scheme), "text/plain");
    });
    port.outcome = [](relay::Call& call) { call.reply.status = 204; };
    start();
    TlsClient client(port_number());
    client.send(get_request("/native/scheme"));
    CHECK(body_of(client, 5) == "https");
    client.send(get_request("/python/hello"));
    CHECK(has(client.read(12), "204"));
    CHECK(port.seen().front().headers.front() ==
          std::pair<std::string, std::string>(":scheme", "https"));
}
