#include "gateway/http/entity_tag.hpp"

#include <array>
#include <charconv>

#include "gateway/http/char_class.hpp"

namespace typhon::http {

namespace {

constexpr std::string_view kWeak = "W/";

void append_hex(std::string& out, std::uint64_t number) {
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
    out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

bool is_weak(std::string_view tag) noexcept {
    return tag.starts_with(kWeak);
}

std::string_view opaque(std::string_view tag) noexcept {
    return is_weak(tag) ? tag.substr(kWeak.size()) : tag;
}

/// Takes the next tag off the list; false when there is none. A comma may be part of a tag.
bool next_tag(std::string_view& list, std::string_view& tag) noexcept {
    while (!list.empty() && (list.front() == ',' || list.front() == ' ' || list.front() == '\t')) {
        list.remove_prefix(1);
    }
    const std::size_t open = is_weak(list) ? kWeak.size() : 0;
    if (open >= list.size() || list[open] != '"') {
        return false;
    }
    const std::size_t close = list.find('"', open + 1);
    if (close == std::string_view::npos) {
        return false;
    }
    tag = list.substr(0, close + 1);
    list.remove_prefix(close + 1);
    return true;
}

bool is_any(std::string_view list) noexcept {
    return trim_ows(list) == "*";
}

}  // namespace

std::string file_tag(std::int64_t modified_ns, std::uint64_t size, std::string_view coding) {
    std::string tag = "\"";
    append_hex(tag, static_cast<std::uint64_t>(modified_ns));
    tag += '-';
    append_hex(tag, size);
    if (!coding.empty()) {
        tag += '-';
        tag += coding;
    }
    tag += '"';
    return tag;
}

std::string weak_tag(std::string_view tag) {
    return (is_weak(tag) ? std::string() : std::string(kWeak)) + std::string(tag);
}

bool names_tag_strongly(std::string_view list, std::string_view tag) noexcept {
    if (is_any(list)) {
        return true;
    }
    for (std::string_view one; next_tag(list, one);) {
        if (!is_weak(tag) && one == tag) {
            return true;
        }
    }
    return false;
}

bool names_tag_weakly(std::string_view list, std::string_view tag) noexcept {
    if (is_any(list)) {
        return true;
    }
    for (std::string_view one; next_tag(list, one);) {
        if (opaque(one) == opaque(tag)) {
            return true;
        }
    }
    return false;
}

}  // namespace typhon::http
