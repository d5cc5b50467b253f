// The chunked coding of an answer's body (RFC 9112 section 7.1). Pure.
#pragma once

#include <array>
#include <charconv>
#include <string>
#include <string_view>

namespace typhon::http {

/// What ends a body in the chunked coding.
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

/// Appends `piece`, which is not empty, as one chunk.
inline void append_chunk(std::string& out, std::string_view piece) {
    std::array<char, 16> digits{};
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), piece.size(), 16).ptr;
    out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
    out += "\r\n";
    out += piece;
    out += "\r\n";
}

}  // namespace typhon::http
