// One route pattern: "/python/users/<int:user_id>". Parsed once, matched per request.
//
// Converters: int (digits only, so -5 is no match; at most 18 digits), float (digits, or digits "."
// digits), str (one non-empty segment, the default), path (one or more segments, last only; the
// first is not empty and none holds an encoded slash), uuid (any case). Literals are literal and
// compared with the decoded path. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "proto/path.hpp"

namespace typhon::proto {

enum class Converter : std::uint8_t { string, integer, floating, path, uuid };

/// A converted value. `string`, `path` and `uuid` carry text (uuid in lower case).
using ParamValue = std::variant<std::string, std::int64_t, double>;

struct Param {
    std::string_view name;  // points into the pattern
    Converter converter = Converter::string;
    ParamValue value;
};
using Params = std::vector<Param>;

class RoutePattern {
public:
    /// Throws std::invalid_argument with one clear sentence (unknown converter, two parameters of
    /// one name, <path:> not last, no leading slash, text beside a parameter in one segment, ...).
    explicit RoutePattern(std::string_view text);

    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    [[nodiscard]] bool is_static() const noexcept { return params_ == 0; }

    /// What two patterns that match the same requests have in common: parameter names left out
    /// ("/a/<int>").
    [[nodiscard]] std::string shape() const;

    /// True and `params` filled (cleared first) when the path matches and every value converts.
    [[nodiscard]] bool match(const PathSegments& path, Params& params) const;

private:
    struct Segment {
        std::string text;  // the literal, or the parameter's name
        std::optional<Converter> converter;
    };
    void add_segment(std::string_view segment, bool last);
    void add_param(std::string_view segment, bool last);

    std::string text_;
    std::vector<Segment> segments_;
    std::size_t params_ = 0;
};

}  // namespace typhon::proto
