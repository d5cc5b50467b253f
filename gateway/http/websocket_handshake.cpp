#include "gateway/http/websocket_handshake.hpp"

#include <algorithm>

#include "gateway/http/char_class.hpp"

namespace typhon::http {

namespace {

constexpr std::size_t kKeySize = 24;  // 16 bytes as base64

bool is_base64(char character) noexcept {
    return (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z') ||
           (character >= '0' && character <= '9') || character == '+' || character == '/';
}

/// The last of the 22 characters holds two bits, which encoders set to zero; they are not looked
/// at.
bool is_key(std::string_view key) noexcept {
    return key.size() == kKeySize && key.ends_with("==") &&
           std::all_of(key.begin(), key.end() - 2, is_base64);
}

}  // namespace

bool asks_for_websocket(const Head& head) noexcept {
    if (!head.has_upgrade() || head.method() != "GET" || head.http_1_0() ||
        !head.connection_upgrades()) {
        return false;
    }
    return std::any_of(head.fields().begin(), head.fields().end(), [&](const Field& field) {
        return field.kind == FieldKind::upgrade && list_holds(head.view(field.value), "websocket");
    });
}

std::string_view only_field(const Head& head, std::string_view name) noexcept {
    std::string_view found;
    bool seen = false;
    for (const Field& field : head.fields()) {
        if (equals_lower(head.view(field.name), name)) {
            found = seen ? std::string_view() : head.view(field.value);
            seen = true;
        }
    }
    return found;
}

Fault check_websocket_handshake(const Head& head) noexcept {
    if (only_field(head, "sec-websocket-version") != "13") {
        return {426, "The version of a WebSocket is 13: send one Sec-WebSocket-Version: 13."};
    }
    if (!is_key(only_field(head, "sec-websocket-key"))) {
        return {400, "A WebSocket handshake has one Sec-WebSocket-Key of 16 bytes in base64."};
    }
    if (head.framing() != Framing::none) {
        return {400, "A WebSocket handshake has no body."};
    }
    return {};
}

}  // namespace typhon::http
