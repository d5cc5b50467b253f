// Whom handlers take for the client: the peer, unless that is a trusted proxy.
#include <algorithm>
#include <string>

#include "server_fixture.hpp"
#include <doctest/doctest.h>

using namespace typhon;
using namespace typhon::test;

namespace {

constexpr std::string_view kTold =
    "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: example.org\r\n";

struct OriginFixture : ServerFixture {
    OriginFixture() {
        router.add("GET", "/native/origin", [](const Request& request, Response& response) {
            response.set_content(std::string(request.scheme) + " " + request.remote_addr + " " +
                                     std::to_string(request.remote_port != 0 ? 1 : 0) + " " +
                                     request.get_header_value("Host"),
                                 "text/plain");
        });
        port.outcome = [](relay::Call& call) { call.reply.status = 204; };
    }

    std::string native(std::string_view fields) {
        Client client = connect();
        client.send(get_request("/native/origin", fields));
        return client.read().body;
    }

    /// "scheme client host" as the worker is told.
    std::string python(std::string_view fields) {
        Client client = connect();
        client.send(get_request("/python/x", fields));
        CHECK(client.read().status == 204);
        const Seen seen = port.seen().back();
        std::string scheme = "http";
        std::string host;
        for (const auto& [name, value] : seen.headers) {
            scheme = name == ":scheme" ? value : scheme;
            host = name == "Host" ? value : host;
        }
        const bool told = seen.client.find("127.0.0.1:") != 0;
        return scheme + " " + (told ? seen.client : "127.0.0.1") + " " + host;
    }

    std::string own_host() {  // that get_request() writes
        const std::string request = get_request("/");
        const std::size_t at = request.find("Host: ") + 6;
        return request.substr(at, request.find("\r\n", at) - at);
    }
};

}  // namespace

TEST_CASE_FIXTURE(OriginFixture, "Origin: what a stranger says of the client changes nothing") {
    options.trusted_proxies.add("10.0.0.0/8");
    start();
    CHECK(native(kTold) == "http 127.0.0.1 1 " + own_host());
    CHECK(python(kTold) == "http 127.0.0.1 " + own_host());
    const auto fields = port.seen().back().headers;
    CHECK(std::count(fields.begin(),
                     fields.end(),
                     std::pair<std::string, std::string>("X-Forwarded-For", "203.0.113.7")) == 1);
}

TEST_CASE_FIXTURE(OriginFixture, "Origin: what a trusted proxy says counts") {
    options.trusted_proxies.add("127.0.0.0/8");
    start();
    CHECK(native(kTold) == "https 203.0.113.7 0 example.org");
    CHECK(python(kTold) == "https 203.0.113.7:0 example.org");
    CHECK(native("") == "http 127.0.0.1 1 " + own_host());
    CHECK(python("X-Forwarded-For: [2001:db8::7]:81\r\n") == "http [2001:db8::7]:81 " + own_host());
}

TEST_CASE_FIXTURE(OriginFixture, "Origin: a client cannot hide the fields behind Connection") {
    options.trusted_proxies.add("127.0.0.1");
    start();
    CHECK(python(std::string(kTold) + "Connection: X-Forwarded-For, X-Forwarded-Proto\r\n") ==
          "https 203.0.113.7:0 example.org");
}

TEST_CASE_FIXTURE(OriginFixture, "Origin: a scheme field of the gateway cannot be sent") {
    start();
    Client client = connect();
    client.send(get_request("/python/x", ":scheme: https\r\n"));
    CHECK(client.read().status == 400);
}
