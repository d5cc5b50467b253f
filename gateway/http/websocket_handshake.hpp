// The opening handshake of a WebSocket, as far as the server checks it (RFC 6455 section 4.2.1).
// Pure; any thread.
#pragma once

#include <string_view>

#include "gateway/http/head.hpp"

namespace typhon::http {

/// True when the client asks for a WebSocket: a GET of HTTP/1.1 with Upgrade and Connection. What
/// HTTP/1.0 says of an upgrade does not count (RFC 9110 section 7.8).
[[nodiscard]] bool asks_for_websocket(const Head& head) noexcept;

/// Why the handshake is refused: 426 for another version than 13, 400 for the rest.
[[nodiscard]] Fault check_websocket_handshake(const Head& head) noexcept;

/// The only value of the field `name` (lower case); empty when there is none, or more than one.
[[nodiscard]] std::string_view only_field(const Head& head, std::string_view name) noexcept;

}  // namespace typhon::http
