#include "proto/route_pattern.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <stdexcept>
#include <system_error>

#include "proto/limits.hpp"

namespace typhon::proto {

namespace {

constexpr std::size_t kMaxIntegerDigits = 18;  // any such number fits 64 bits

constexpr std::array<std::pair<std::string_view, Converter>, 5> kConverters{{
    {"str", Converter::string},
    {"int", Converter::integer},
    {"float", Converter::floating},
    {"path", Converter::path},
    {"uuid", Converter::uuid},
}};

[[noreturn]] void refuse(std::string_view pattern, const std::string& why) {
    const std::string_view shown = pattern.substr(0, pattern.find('\0'));  // what() ends at a NUL
    throw std::invalid_argument("route pattern \"" + std::string(shown) + "\": " + why);
}

bool is_digit(char character) noexcept {
    return character >= '0' && character <= '9';
}

bool is_letter(char character) noexcept {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}

bool is_name(std::string_view text) noexcept {
    return !text.empty() && !is_digit(text.front()) &&
           std::all_of(text.begin(), text.end(), [](char character) {
               return is_letter(character) || is_digit(character) || character == '_';
           });
}

bool all_digits(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

std::string_view converter_name(Converter converter) noexcept {
    for (const auto& [name, value] : kConverters) {
        if (value == converter) {
            return name;
        }
    }
    return "str";
}

Converter find_converter(std::string_view pattern, std::string_view wanted) {
    for (const auto& [name, value] : kConverters) {
        if (name == wanted) {
            return value;
        }
    }
    refuse(pattern,
           "unknown converter '" + std::string(wanted) + "' (known: str, int, float, path, uuid)");
}

bool read_integer(std::string_view text, ParamValue& value) {
    if (!all_digits(text) || text.size() > kMaxIntegerDigits) {
        return false;
    }
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    value = number;
    return true;
}

// Digits, or digits "." digits.
bool read_floating(std::string_view text, ParamValue& value) {
    const std::size_t point = text.find('.');
    const bool fraction = point != std::string_view::npos;
    if (!all_digits(text.substr(0, point)) || (fraction && !all_digits(text.substr(point + 1)))) {
        return false;
    }
    double number = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc{}) {
        return false;
    }
    value = number;
    return true;
}

// RFC 9562, section 4: 8-4-4-4-12 hex digits.
bool read_uuid(std::string_view text, ParamValue& value) {
    constexpr std::size_t kLength = 36;
    if (text.size() != kLength) {
        return false;
    }
    std::string lower(text);
    for (std::size_t index = 0; index < kLength; ++index) {
        char& character = lower[index];
        if (character >= 'A' && character <= 'F') {
            character = static_cast<char>(character - 'A' + 'a');
        }
        const bool dash = index == 8 || index == 13 || index == 18 || index == 23;
        const bool hex = is_digit(character) || (character >= 'a' && character <= 'f');
        if (dash ? character != '-' : !hex) {
            return false;
        }
    }
    value = std::move(lower);
    return true;
}

// All segments from `first`, joined by slashes. No match when the text would not say which slash
// was encoded, or would start with a slash: such values are how a file handler is made to leave its
// directory.
bool read_path(const PathSegments& path, std::size_t first, ParamValue& value) {
    std::string text(path[first]);
    for (std::size_t index = first + 1; index < path.size(); ++index) {
        text += '/';
        text += path[index];
    }
    const auto slashes = static_cast<std::size_t>(std::count(text.begin(), text.end(), '/'));
    if (path[first].empty() || slashes != path.size() - first - 1) {
        return false;
    }
    value = std::move(text);
    return true;
}

bool read_value(Converter converter, std::string_view text, ParamValue& value) {
    switch (converter) {
        case Converter::integer:
            return read_integer(text, value);
        case Converter::floating:
            return read_floating(text, value);
        case Converter::uuid:
            return read_uuid(text, value);
        case Converter::string:
        case Converter::path:
            break;
    }
    value = std::string(text);
    return !text.empty();
}

}  // namespace

RoutePattern::RoutePattern(std::string_view text) : text_(text) {
    if (text.empty() || text.front() != '/') {
        refuse(text, "it does not start with '/'");
    }
    if (text.find('\0') != std::string_view::npos) {
        refuse(text, "it holds a NUL byte");
    }
    std::string_view rest = text.substr(1);
    for (std::size_t slash = 0; slash != std::string_view::npos;) {
        slash = rest.find('/');
        add_segment(rest.substr(0, slash), slash == std::string_view::npos);
        rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
    }
    if (segments_.size() > kMaxPathSegments) {
        refuse(text, "it has too many segments");
    }
}

void RoutePattern::add_segment(std::string_view segment, bool last) {
    if (segment.find_first_of("<>") != std::string_view::npos) {
        add_param(segment, last);
        return;
    }
    if (segment == "." || segment == "..") {
        refuse(text_, "a segment '" + std::string(segment) + "' never matches");
    }
    segments_.push_back({std::string(segment), std::nullopt});
}

void RoutePattern::add_param(std::string_view segment, bool last) {
    if (segment.size() < 2 || segment.front() != '<' || segment.find('>') != segment.size() - 1 ||
        segment.rfind('<') != 0) {
        refuse(text_,
               "segment '" + std::string(segment) +
                   "' must be a literal or one parameter, like <int:id>");
    }
    const std::string_view inside = segment.substr(1, segment.size() - 2);
    const std::size_t colon = inside.find(':');
    const bool bare = colon == std::string_view::npos;
    const Converter converter =
        bare ? Converter::string : find_converter(text_, inside.substr(0, colon));
    const std::string name(bare ? inside : inside.substr(colon + 1));
    if (!is_name(name)) {
        refuse(text_,
               "'" + name + "' is no parameter name (letters, digits and '_', not first a digit)");
    }
    if (converter == Converter::path && !last) {
        refuse(text_, "<path:" + name + "> must be the last segment");
    }
    for (const Segment& other : segments_) {
        if (other.converter && other.text == name) {
            refuse(text_, "two parameters have the name '" + name + "'");
        }
    }
    segments_.push_back({name, converter});
    ++params_;
}

std::string RoutePattern::shape() const {
    std::string shape;
    for (const Segment& segment : segments_) {
        shape += '/';
        if (segment.converter) {
            shape.append("<").append(converter_name(*segment.converter)).append(">");
        } else {
            shape += segment.text;
        }
    }
    return shape;
}

bool RoutePattern::match(const PathSegments& path, Params& params) const {
    params.clear();
    const bool open_end = segments_.back().converter == Converter::path;
    if (open_end ? path.size() < segments_.size() : path.size() != segments_.size()) {
        return false;
    }
    for (std::size_t index = 0; index < segments_.size(); ++index) {
        const Segment& segment = segments_[index];
        if (!segment.converter) {
            if (path[index] != segment.text) {
                return false;
            }
            continue;
        }
        Param& param = params.emplace_back(Param{segment.text, *segment.converter, {}});
        const bool read = *segment.converter == Converter::path
                              ? read_path(path, index, param.value)
                              : read_value(*segment.converter, path[index], param.value);
        if (!read) {
            params.clear();
            return false;
        }
    }
    return true;
}

}  // namespace typhon::proto
