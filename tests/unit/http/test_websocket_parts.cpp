#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "gateway/http/websocket_handshake.hpp"
#include "gateway/http/websocket_records.hpp"

using namespace typhon::http;

namespace {

const std::string kKey = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const std::string kVersion = "Sec-WebSocket-Version: 13\r\n";
const std::string kUpgrade = "Connection: keep-alive, Upgrade\r\nUpgrade: foo, WebSocket\r\n";

struct Handshake {
    explicit Handshake(const std::string& fields, const std::string& line = "GET / HTTP/1.1")
        : bytes(line + "\r\nHost: a\r\n" + fields + "\r\n") {
        REQUIRE(head.parse(bytes, {}) == Head::Status::complete);
    }
    std::string bytes;
    Head head;
};

bool asked(const std::string& fields, const std::string& line = "GET / HTTP/1.1") {
    return asks_for_websocket(Handshake(fields, line).head);
}

int fault_of(const std::string& fields) {
    return check_websocket_handshake(Handshake(kUpgrade + fields).head).status;
}

}  // namespace

TEST_CASE("WebSocket handshake: an upgrade is asked for by a GET of HTTP/1.1 with both fields") {
    CHECK(asked(kUpgrade));
    CHECK_FALSE(asked(kUpgrade, "POST / HTTP/1.1"));
    CHECK_FALSE(asked(kUpgrade, "GET / HTTP/1.0"));
    CHECK_FALSE(asked("Upgrade: websocket\r\n"));
    CHECK_FALSE(asked("Connection: upgrade\r\n"));
    CHECK_FALSE(asked("Connection: upgrade\r\nUpgrade: h2c\r\n"));
    CHECK_FALSE(asked("Connection: upgrade\r\nUpgrade: websockets\r\n"));
}

TEST_CASE("WebSocket handshake: version 13, else 426; one key of 16 bytes, else 400") {
    CHECK(fault_of(kKey + kVersion) == 0);
    CHECK(fault_of(kKey) == 426);
    CHECK(fault_of(kKey + "Sec-WebSocket-Version: 8\r\n") == 426);
    CHECK(fault_of(kKey + kVersion + kVersion) == 426);
    CHECK(fault_of(kVersion) == 400);
    CHECK(fault_of(kKey + kKey + kVersion) == 400);
    CHECK(fault_of("Sec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n" + kVersion) == 400);
    CHECK(fault_of("Sec-WebSocket-Key: dGhlIHNhbXBs?SBub25jZQ==\r\n" + kVersion) == 400);
    CHECK(fault_of(kKey + kVersion + "Content-Length: 1\r\n") == 400);
}

TEST_CASE("WebSocket records: what is appended is taken, however it is cut") {
    std::string bytes;
    append_record({WebSocketRecord::kText, false, "ab"}, bytes);
    append_record({WebSocketRecord::kContinuation, true, ""}, bytes);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        std::string_view rest = std::string_view(bytes).substr(0, cut);
        bool bad = false;
        while (take_record(rest, bad)) {
        }
        CHECK_FALSE(bad);
    }
    std::string_view rest = bytes;
    bool bad = false;
    const auto first = take_record(rest, bad);
    REQUIRE(first);
    CHECK(first->opcode == WebSocketRecord::kText);
    CHECK_FALSE(first->fin);
    CHECK(first->payload == "ab");
    const auto second = take_record(rest, bad);
    REQUIRE(second);
    CHECK(second->fin);
    CHECK(rest.empty());
}

TEST_CASE("WebSocket records: an unknown opcode and a length beyond the limit are bad") {
    for (const std::string& bytes : {std::string("\x83\0\0\0\0", 5),
                                     std::string("\xC1\0\0\0\0", 5),
                                     std::string("\x89\0\0\0\0", 5),
                                     std::string("\x81\0\1\0\1", 5)}) {
        std::string_view rest = bytes;
        bool bad = false;
        CHECK_FALSE(take_record(rest, bad));
        CHECK(bad);
    }
}

TEST_CASE("WebSocket records: a close has a code that an endpoint may send") {
    CHECK(read_close_payload("").code == 1000);
    CHECK(read_close_payload(close_payload(4000, "why")).code == 4000);
    CHECK(read_close_payload(close_payload(4000, "why")).reason == "why");
    for (const int code : {0, 999, 1004, 1005, 1006, 1015, 2999, 5000}) {
        CHECK(read_close_payload(close_payload(static_cast<std::uint16_t>(code), "")).code == 1011);
    }
    CHECK(read_close_payload("x").code == 1011);
}
