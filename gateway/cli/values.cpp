#include "gateway/cli/values.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "gateway/http/char_class.hpp"
#include "proto/path.hpp"

namespace typhon::cli {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::uint64_t kKibi = 1024;
constexpr std::array<Unit, 11> kSizeUnits{{{"", 1},
                                           {"b", 1},
                                           {"k", kKibi},
                                           {"kb", kKibi},
                                           {"kib", kKibi},
                                           {"m", kKibi* kKibi},
                                           {"mb", kKibi* kKibi},
                                           {"mib", kKibi* kKibi},
                                           {"g", kKibi* kKibi* kKibi},
                                           {"gb", kKibi* kKibi* kKibi},
                                           {"gib", kKibi* kKibi* kKibi}}};
constexpr std::array<Unit, 5> kTimeUnits{
    {{"", 1'000}, {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}}};

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), [](unsigned char letter) {
        return static_cast<char>(std::tolower(letter));
    });
    return result;
}

[[noreturn]] void refuse(std::string_view text, const std::string& expected) {
    throw std::invalid_argument("'" + std::string(text) + "' is not " + expected);
}

/// Digits and a unit as one figure; false when it is none, or does not fit into 64 bits.
template <std::size_t Count>
bool read_figure(std::string_view text,
                 const std::array<Unit, Count>& units,
                 std::uint64_t& figure) {
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, figure);
    if (error != std::errc{}) {
        return false;
    }
    const std::string name = lower({rest, static_cast<std::size_t>(end - rest)});
    const auto unit =
        std::find_if(units.begin(), units.end(), [&name](const Unit& u) { return u.name == name; });
    return unit != units.end() && !__builtin_mul_overflow(figure, unit->factor, &figure);
}

/// The largest unit of which `figure` is a whole multiple.
template <std::size_t Count>
std::string shortest(std::uint64_t figure, const std::array<Unit, Count>& units) {
    for (const Unit& unit : units) {
        if (figure != 0 && figure % unit.factor == 0) {
            return std::to_string(figure / unit.factor) + std::string(unit.name);
        }
    }
    return std::to_string(figure);
}

}  // namespace

std::uint64_t parse_number(std::string_view text, std::uint64_t min, std::uint64_t max) {
    std::uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || rest != end || value < min || value > max) {
        refuse(text, "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    }
    return value;
}

std::uint64_t parse_size(std::string_view text, std::uint64_t min, std::uint64_t max) {
    std::uint64_t bytes = 0;
    if (!read_figure(text, kSizeUnits, bytes) || bytes < min || bytes > max) {
        refuse(text,
               "a size from " + size_text(min) + " to " + size_text(max) + " (such as 64K or 16M)");
    }
    return bytes;
}

Milliseconds parse_duration(std::string_view text, Milliseconds min, Milliseconds max) {
    std::uint64_t value = 0;
    const bool read = read_figure(text, kTimeUnits, value);
    if (!read || value < static_cast<std::uint64_t>(min.count()) ||
        value > static_cast<std::uint64_t>(max.count())) {
        refuse(text,
               "a time from " + duration_text(min) + " to " + duration_text(max) +
                   " (such as 500ms, 30s or 2m)");
    }
    return Milliseconds{static_cast<Milliseconds::rep>(value)};
}

bool parse_flag(std::string_view text) {
    const std::string value = lower(text);
    for (const std::string_view yes : {"1", "true", "yes", "on"}) {
        if (value == yes) {
            return true;
        }
    }
    for (const std::string_view no : {"0", "false", "no", "off"}) {
        if (value == no) {
            return false;
        }
    }
    refuse(text, "true or false");
}

StaticDirectory parse_static(std::string_view text) {
    const std::size_t equals = text.find('=');
    std::string_view prefix = text.substr(0, equals);
    while (prefix.size() > 1 && prefix.ends_with('/')) {
        prefix.remove_suffix(1);
    }
    StaticDirectory result;
    if (equals != std::string_view::npos && equals + 1 < text.size()) {
        result.directory = text.substr(equals + 1);
    }
    proto::PathSegments path;
    if (result.directory.empty() || path.parse(prefix) != proto::PathFault::none) {
        refuse(text, "a path and a directory (such as /assets=dist)");
    }
    if (prefix != "/") {
        result.prefix.assign(path.segments().begin(), path.segments().end());
    }
    if (std::find(result.prefix.begin(), result.prefix.end(), "") != result.prefix.end()) {
        refuse(text, "a path without empty segments and a directory");
    }
    if (!result.prefix.empty() &&
        (result.prefix[0] == "-" || (result.prefix[0] == "python" && result.prefix.size() == 1))) {
        refuse(text, "free: /python is for Python routes, /- for the gateway");
    }
    return result;
}

std::string parse_origin(std::string_view text) {
    constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
    constexpr std::string_view kHost = "abcdefghijklmnopqrstuvwxyz0123456789.-_[]:";
    const std::size_t colon = text.find("://");
    const std::string_view scheme = text.substr(0, colon);
    const std::string_view host =
        colon == std::string_view::npos ? std::string_view() : text.substr(colon + 3);
    const bool good = !scheme.empty() && !host.empty() &&
                      kLower.find(scheme.front()) != std::string_view::npos &&
                      scheme.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+-.") ==
                          std::string_view::npos &&
                      host.find_first_not_of(kHost) == std::string_view::npos;
    if (text != "*" && !good) {
        refuse(text,
               "an origin as browsers send it (such as https://app.example, in lower case and "
               "without a path) or *");
    }
    return std::string(text);
}

std::string parse_text(std::string_view text) {
    if (text.empty() || text.find('\0') != std::string_view::npos) {
        throw std::invalid_argument("it must not be empty");
    }
    return std::string(text);
}

std::string parse_token(std::string_view text) {
    if (!http::is_token(text)) {
        refuse(text, "a method or the name of a field");
    }
    return std::string(text);
}

std::string size_text(std::uint64_t bytes) {
    static constexpr std::array<Unit, 3> kUnits{
        {{"G", kKibi * kKibi * kKibi}, {"M", kKibi * kKibi}, {"K", kKibi}}};
    return shortest(bytes, kUnits);
}

std::string duration_text(Milliseconds time) {
    static constexpr std::array<Unit, 4> kUnits{
        {{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
    return shortest(static_cast<std::uint64_t>(time.count()), kUnits);
}

}  // namespace typhon::cli
