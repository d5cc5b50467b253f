#include "proto/printable.hpp"

#include <array>
#include <cstdint>
#include <cstdio>

#include "proto/utf8.hpp"

namespace typhon::proto {

namespace {

/// The code point of a well-formed character of two or three bytes; 0 for others.
std::uint32_t code_point(std::string_view character) {
    const auto byte = [character](std::size_t index) {
        return static_cast<std::uint8_t>(character[index]);
    };
    if (character.size() == 2) {
        return (byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU);
    }
    if (character.size() == 3) {
        return (byte(0) & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
    }
    return 0;
}

/// C1 controls, zero-width and direction marks, line and paragraph separators, the BOM.
bool is_hidden(std::uint32_t code) {
    return (code >= 0x80 && code < 0xA0) || (code >= 0x200B && code <= 0x200F) ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x2069) ||
           code == 0x061C || code == 0xFEFF;
}

void append_code(std::string& out, const char* format, unsigned code) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), format, code);
    out += text.data();
}

void append_ascii(std::string& out, char character, bool lines) {
    switch (character) {
        case '\n':
            out += lines ? "\n" : "\\n";
            return;
        case '\t':
            out += lines ? "\t" : "\\t";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\\':
            out += lines ? "\\" : "\\\\";
            return;
        default:
            break;
    }
    const auto code = static_cast<std::uint8_t>(character);
    if (code < 0x20 || code == 0x7F) {
        append_code(out, "\\x%02x", code);
    } else {
        out += character;
    }
}

void append(std::string& out, std::string_view text, bool lines) {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const std::string_view character = text.substr(0, length);
        if (length == 1) {
            append_ascii(out, text.front(), lines);
        } else if (length == 0) {
            append_code(out, "\\x%02x", static_cast<std::uint8_t>(text.front()));
        } else if (is_hidden(code_point(character))) {
            append_code(out, "\\u%04x", code_point(character));
        } else {
            out += character;
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out;
    append(out, text, false);
    return out;
}

void append_printable_lines(std::string& out, std::string_view text) {
    append(out, text, true);
}

}  // namespace typhon::proto
