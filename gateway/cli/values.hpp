// Option values from text: numbers, sizes ("16M"), times ("30s"). Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/options.hpp"

namespace typhon::cli {

// Each function throws std::invalid_argument with one sentence that names the text and what was
// expected.

/// A whole number from `min` to `max`, decimal digits only.
[[nodiscard]] std::uint64_t parse_number(std::string_view text,
                                         std::uint64_t min,
                                         std::uint64_t max);

/// Bytes: a whole number with an optional unit K, M or G (powers of 1024, either case, "KB" and
/// "KiB" too).
[[nodiscard]] std::uint64_t parse_size(std::string_view text, std::uint64_t min, std::uint64_t max);

/// A time: a whole number with the unit ms, s, m or h; without one it is seconds.
[[nodiscard]] Milliseconds parse_duration(std::string_view text,
                                          Milliseconds min,
                                          Milliseconds max);

/// "1", "true", "yes", "on" or "0", "false", "no", "off".
[[nodiscard]] bool parse_flag(std::string_view text);

/// "/assets=dist": the segments of the path, and the directory as it was written. Refuses paths
/// that belong to others: "/python" and what is below "/-".
[[nodiscard]] StaticDirectory parse_static(std::string_view text);

/// An origin as browsers send it, "https://app.example:8443", or "*".
[[nodiscard]] std::string parse_origin(std::string_view text);

/// Any text but an empty one.
[[nodiscard]] std::string parse_text(std::string_view text);

/// A method or the name of a field: a token of RFC 9110 section 5.6.2.
[[nodiscard]] std::string parse_token(std::string_view text);

/// "16M", "500": the shortest text that parse_size() reads as this.
[[nodiscard]] std::string size_text(std::uint64_t bytes);
/// "30s", "500ms": the shortest text that parse_duration() reads as this.
[[nodiscard]] std::string duration_text(Milliseconds time);

}  // namespace typhon::cli
