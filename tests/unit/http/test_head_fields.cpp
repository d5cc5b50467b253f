#include <string>

#include <doctest/doctest.h>

#include "gateway/http/head.hpp"

using namespace typhon::http;
using Status = Head::Status;

namespace {

/// The status of a refusal, 0 when the request is accepted. `fields` come after Host.
int fault_of(const std::string& fields, const std::string& version = "1.1") {
    Head head;
    const auto status =
        head.parse("POST / HTTP/" + version + "\r\nHost: a\r\n" + fields + "\r\n", {});
    REQUIRE(status != Status::incomplete);
    return head.fault().status;
}

int host_fault(const std::string& fields, const std::string& version = "1.1") {
    Head head;
    REQUIRE(head.parse("GET / HTTP/" + version + "\r\n" + fields + "\r\n", {}) !=
            Status::incomplete);
    return head.fault().status;
}

Head parsed(const std::string& fields, const std::string& version = "1.1") {
    static std::string bytes;
    bytes = "POST / HTTP/" + version + "\r\nHost: a\r\n" + fields + "\r\n";
    Head head;
    REQUIRE(head.parse(bytes, {}) == Status::complete);
    return head;
}

}  // namespace

TEST_CASE("Head: field names are tokens directly followed by a colon") {
    CHECK(fault_of("X : 1\r\n") == 400);
    CHECK(fault_of(" X: 1\r\n") == 400);
    CHECK(fault_of("X: 1\r\n folded\r\n") == 400);
    CHECK(fault_of("X\r\n") == 400);
    CHECK(fault_of(": 1\r\n") == 400);
    CHECK(fault_of("X(: 1\r\n") == 400);
    CHECK(fault_of("X:1\r\n") == 0);
    CHECK(fault_of("X:\r\n") == 0);
}

TEST_CASE("Head: one X-Request-Id that is a plain word names the request, nothing else does") {
    CHECK(parsed("X-Request-Id: order-66\r\n").request_id() == "order-66");
    CHECK(parsed("x-request-id:  a \r\n").request_id() == "a");
    CHECK(parsed("").request_id().empty());
    CHECK(parsed("X-Request-Id:\r\n").request_id().empty());
    CHECK(parsed("X-Request-Id: a b\r\n").request_id().empty());
    CHECK(parsed("X-Request-Id: <b>\r\n").request_id().empty());
    CHECK(parsed("X-Request-Id: " + std::string(65, 'x') + "\r\n").request_id().empty());
    CHECK(parsed("X-Request-Id: a\r\nX-Request-Id: a\r\n").request_id().empty());
}

TEST_CASE("Head: field values hold no control bytes") {
    CHECK(fault_of(std::string("X: a\0b\r\n", 8)) == 400);
    CHECK(fault_of("X: a\rb\r\n") == 400);
    CHECK(fault_of("X: a\x7f\r\n") == 400);
    CHECK(fault_of("X: a\x1b[0m\r\n") == 400);
    CHECK(fault_of("X: a\tb \xc3\xa9\r\n") == 0);
}

TEST_CASE("Head: HTTP/1.1 needs exactly one valid Host") {
    CHECK(host_fault("") == 400);
    CHECK(host_fault("", "1.0") == 0);
    CHECK(host_fault("Host: a\r\nHost: a\r\n") == 400);
    CHECK(host_fault("Host: a\r\nhOST: a\r\n", "1.0") == 400);
    CHECK(host_fault("Host:\r\n") == 400);
    CHECK(host_fault("Host: a b\r\n") == 400);
    CHECK(host_fault("Host: a/b\r\n") == 400);
    CHECK(host_fault("Host: u@a\r\n") == 400);
    CHECK(host_fault("Host: a:port\r\n") == 400);
    CHECK(host_fault("Host: a:65536\r\n") == 400);
    CHECK(host_fault("Host: a:80\r\n") == 0);
    CHECK(host_fault("Host: [::1]:80\r\n") == 0);
    CHECK(host_fault("Host: [::1\r\n") == 400);
    CHECK(host_fault("Host: []\r\n") == 400);
}

TEST_CASE("Head: Content-Length is one number") {
    CHECK(parsed("Content-Length: 10\r\n").content_length() == 10);
    CHECK(parsed("Content-Length: 0\r\n").framing() == Framing::none);
    CHECK(fault_of("Content-Length: 1\r\nContent-Length: 1\r\n") == 400);
    CHECK(fault_of("Content-Length: 1, 1\r\n") == 400);
    CHECK(fault_of("Content-Length: +1\r\n") == 400);
    CHECK(fault_of("Content-Length: -1\r\n") == 400);
    CHECK(fault_of("Content-Length: 0x1\r\n") == 400);
    CHECK(fault_of("Content-Length: 1 1\r\n") == 400);
    CHECK(fault_of("Content-Length:\r\n") == 400);
    CHECK(fault_of("Content-Length: 99999999999999999999\r\n") == 413);
}

TEST_CASE("Head: Transfer-Encoding is chunked, once, alone and in 1.1 only") {
    CHECK(parsed("Transfer-Encoding: Chunked\r\n").framing() == Framing::chunked);
    CHECK(fault_of("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n") == 400);
    CHECK(fault_of("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n") == 400);
    CHECK(fault_of("Transfer-Encoding: chunked\r\n", "1.0") == 400);
    CHECK(fault_of("Transfer-Encoding: gzip\r\n") == 400);
    CHECK(fault_of("Transfer-Encoding: gzip, chunked\r\n") == 501);
    CHECK(fault_of("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") == 400);
    CHECK(fault_of("Transfer-Encoding: xchunked\r\n") == 400);
    CHECK(fault_of("Transfer-Encoding:\r\n") == 400);
}

TEST_CASE("Head: persistence follows version and Connection") {
    CHECK(parsed("").keep_alive());
    CHECK_FALSE(parsed("Connection: foo, CLOSE\r\n").keep_alive());
    CHECK_FALSE(parsed("", "1.0").keep_alive());
    CHECK(parsed("Connection: Keep-Alive\r\n", "1.0").keep_alive());
    CHECK_FALSE(parsed("Connection: close\r\nConnection: keep-alive\r\n", "1.0").keep_alive());
    const Head head = parsed("Connection: x-a , X-B\r\n");
    CHECK(head.connection_names("X-A"));
    CHECK(head.connection_names("x-b"));
    CHECK_FALSE(head.connection_names("x"));
}

TEST_CASE("Head: Connection names fields, and upgrade is an option of it") {
    CHECK_FALSE(parsed("Connection: keep-alive, te\r\n").connection_upgrades());
    CHECK_FALSE(parsed("Connection: keep-alive, te\r\n").connection_names("x-a"));
    CHECK(parsed("Connection: te\r\nConnection: Upgrade\r\n").connection_upgrades());
    CHECK(parsed("Connection: te\r\nConnection: upgrade, X-A\r\n").connection_names("x-a"));
    CHECK(parsed("Connection: close\r\n").connection_names("Close"));
}

TEST_CASE("Head: more than 32 options of Connection are refused, however they are spread") {
    const auto options = [](int count) {
        std::string list = "Connection: x-1";
        for (int number = 2; number <= count; ++number) {
            list += ", x-" + std::to_string(number);
        }
        return list + "\r\n";
    };
    CHECK(parsed(options(32)).connection_names("x-32"));
    CHECK(fault_of(options(33)) == 431);
    CHECK(fault_of(options(20) + options(13)) == 431);
    CHECK(fault_of("Connection: x" + std::string(32, ',') + "\r\n") == 431);
    CHECK(fault_of("Connection: x" + std::string(60'000, ',') + "\r\n") == 431);
}

TEST_CASE("Head: the one expectation is 100-continue") {
    CHECK(parsed("Content-Length: 1\r\nExpect: 100-Continue\r\n").expects_continue());
    CHECK_FALSE(parsed("Expect: 100-continue\r\n").expects_continue());  // no body to wait for
    CHECK_FALSE(parsed("Content-Length: 1\r\nExpect: x\r\n", "1.0").expects_continue());
    CHECK(fault_of("Expect: 200-ok\r\n") == 417);
}
