// The header fields that the front itself must know. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace typhon::http {

enum class FieldKind : std::uint8_t {
    other,
    condition,  // If-Match and the like, Range (RFC 9110 sections 13 and 14)
    accept_encoding,
    etag,
    host,
    content_encoding,
    content_length,
    date,
    expect,
    origin,
    request_id,
    connection,  // from here on hop-by-hop (RFC 9110 section 7.6.1): never forwarded
    transfer_encoding,
    keep_alive,
    proxy_connection,
    te,
    trailer,
    upgrade,
};

/// The kind of the field `name` (any case).
[[nodiscard]] FieldKind field_kind(std::string_view name) noexcept;

[[nodiscard]] constexpr bool is_hop_by_hop(FieldKind kind) noexcept {
    return kind >= FieldKind::connection;
}

/// True for what a handler may not set: the front writes these itself, or they speak of the
/// connection.
[[nodiscard]] constexpr bool is_reserved_in_answer(FieldKind kind) noexcept {
    return is_hop_by_hop(kind) || kind == FieldKind::content_length || kind == FieldKind::date;
}

}  // namespace typhon::http
