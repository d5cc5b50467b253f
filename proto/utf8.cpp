#include "proto/utf8.hpp"

#include <cstdint>

namespace typhon::proto {

namespace {

std::uint8_t byte_at(std::string_view text, std::size_t index) {
    return static_cast<std::uint8_t>(text[index]);
}

// The smallest and largest second byte that may follow a lead byte, and the length of the sequence
// (RFC 3629, section 4). Length 0: no lead byte.
struct Utf8Lead {
    std::size_t length;
    std::uint8_t low;
    std::uint8_t high;
};

Utf8Lead utf8_lead(std::uint8_t lead) {
    if (lead < 0x80) {
        return {1, 0, 0};
    }
    if (lead < 0xC2 || lead > 0xF4) {
        return {0, 0, 0};
    }
    if (lead < 0xE0) {
        return {2, 0x80, 0xBF};
    }
    if (lead < 0xF0) {
        return {3,
                static_cast<std::uint8_t>(lead == 0xE0 ? 0xA0 : 0x80),
                static_cast<std::uint8_t>(lead == 0xED ? 0x9F : 0xBF)};
    }
    return {4,
            static_cast<std::uint8_t>(lead == 0xF0 ? 0x90 : 0x80),
            static_cast<std::uint8_t>(lead == 0xF4 ? 0x8F : 0xBF)};
}

}  // namespace

std::size_t utf8_length(std::string_view text) noexcept {
    const Utf8Lead lead = utf8_lead(byte_at(text, 0));
    if (lead.length <= 1) {
        return lead.length;
    }
    if (text.size() < lead.length || byte_at(text, 1) < lead.low || byte_at(text, 1) > lead.high) {
        return 0;
    }
    for (std::size_t index = 2; index < lead.length; ++index) {
        if ((byte_at(text, index) & 0xC0U) != 0x80U) {
            return 0;
        }
    }
    return lead.length;
}

}  // namespace typhon::proto
