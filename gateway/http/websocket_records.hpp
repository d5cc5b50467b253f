// The records in which the messages of a WebSocket travel between gateway and worker
// (proto/PROTOCOL.md, 5.9). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace typhon::http {

struct WebSocketRecord {
    static constexpr std::uint8_t kContinuation = 0;
    static constexpr std::uint8_t kText = 1;
    static constexpr std::uint8_t kBinary = 2;
    static constexpr std::uint8_t kClose = 8;
    static constexpr std::size_t kHeadSize = 5;

    std::uint8_t opcode = kBinary;
    bool fin = true;
    std::string_view payload;
};

/// Appends the record to `out`.
void append_record(const WebSocketRecord& record, std::string& out);

/// The payload of a record that closes.
[[nodiscard]] std::string close_payload(std::uint16_t code, std::string_view reason);

struct WebSocketClose {
    std::uint16_t code = 1000;
    std::string_view reason;
};
/// What such a payload says; 1000 when it is empty, and 1011 when it is none, or has a code that no
/// endpoint may send (RFC 6455 section 7.4).
[[nodiscard]] WebSocketClose read_close_payload(std::string_view payload) noexcept;

/// Takes the first record off `bytes`; nothing when it is not whole yet. `bad` is set when it is
/// none.
[[nodiscard]] std::optional<WebSocketRecord> take_record(std::string_view& bytes,
                                                         bool& bad) noexcept;

}  // namespace typhon::http
