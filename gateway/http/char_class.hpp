// Which bytes RFC 9110 and RFC 3986 allow where, as one table. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace typhon::http {

inline constexpr std::uint8_t kTokenBit = 1;   // tchar, RFC 9110 section 5.6.2
inline constexpr std::uint8_t kTargetBit = 2;  // visible ASCII without '#': a request target
inline constexpr std::uint8_t kHostBit = 4;    // reg-name of RFC 3986 section 3.2.2
inline constexpr std::uint8_t kDigitBit = 8;
inline constexpr std::uint8_t kBadValueBit = 16;  // control bytes but HTAB, and DEL: no field value

namespace detail {

constexpr std::array<std::uint8_t, 256> make_char_table() {
    std::array<std::uint8_t, 256> table{};
    const auto mark = [&table](std::string_view chars, unsigned bits) {
        for (const char c : chars) {
            auto& entry = table[static_cast<std::uint8_t>(c)];
            entry = static_cast<std::uint8_t>(entry | bits);
        }
    };
    mark("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", kTokenBit | kHostBit);
    mark("0123456789", kDigitBit);
    mark("!#$%&'*+-.^_`|~", kTokenBit);
    mark("-._~!$&'()*+,;=%", kHostBit);
    for (unsigned c = 0; c < 256; ++c) {
        if (c > 0x20 && c < 0x7f && c != '#') {
            table[c] = static_cast<std::uint8_t>(table[c] | kTargetBit);
        }
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            table[c] = static_cast<std::uint8_t>(table[c] | kBadValueBit);
        }
    }
    return table;
}

inline constexpr std::array<std::uint8_t, 256> kCharTable = make_char_table();

}  // namespace detail

[[nodiscard]] constexpr bool has_bit(char c, std::uint8_t bit) noexcept {
    return (detail::kCharTable[static_cast<std::uint8_t>(c)] & bit) != 0;
}

/// True when `text` is not empty and every byte has `bit`.
[[nodiscard]] constexpr bool all_have(std::string_view text, std::uint8_t bit) noexcept {
    for (const char c : text) {
        if (!has_bit(c, bit)) {
            return false;
        }
    }
    return !text.empty();
}

[[nodiscard]] constexpr bool is_token(std::string_view text) noexcept {
    return all_have(text, kTokenBit);
}

/// True when `text` may be the value of a field: no control byte but HTAB.
[[nodiscard]] constexpr bool is_field_value(std::string_view text) noexcept {
    std::uint8_t seen = 0;
    for (const char c : text) {
        seen = static_cast<std::uint8_t>(seen | detail::kCharTable[static_cast<std::uint8_t>(c)]);
    }
    return (seen & kBadValueBit) == 0;
}

[[nodiscard]] constexpr char to_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// Equal but for ASCII case; `lower` is in lower case.
[[nodiscard]] constexpr bool equals_lower(std::string_view text, std::string_view lower) noexcept {
    if (text.size() != lower.size()) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (to_lower(text[i]) != lower[i]) {
            return false;
        }
    }
    return true;
}

[[nodiscard]] constexpr bool equals_ignoring_case(std::string_view left,
                                                  std::string_view right) noexcept {
    if (left.size() != right.size()) {
        return false;
    }
    for (std::size_t i = 0; i < left.size(); ++i) {
        if (to_lower(left[i]) != to_lower(right[i])) {
            return false;
        }
    }
    return true;
}

/// Without spaces and tabs at both ends.
[[nodiscard]] constexpr std::string_view trim_ows(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
        text.remove_prefix(1);
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
        text.remove_suffix(1);
    }
    return text;
}

/// Takes the next element of a comma-separated list off `list`; false when nothing is left. Empty
/// elements are skipped (RFC 9110 section 5.6.1).
[[nodiscard]] constexpr bool next_element(std::string_view& list, std::string_view& element) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        element = trim_ows(list.substr(0, comma));
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
        if (!element.empty()) {
            return true;
        }
    }
    return false;
}

/// True when `element` is in such a list, whatever the case of both.
[[nodiscard]] constexpr bool list_holds(std::string_view list, std::string_view element) {
    for (std::string_view each; next_element(list, each);) {
        if (equals_ignoring_case(each, element)) {
            return true;
        }
    }
    return false;
}

}  // namespace typhon::http
