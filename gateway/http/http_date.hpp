// Dates in header fields: the form that is sent, and the three that are understood (RFC 9110
// section 5.6.7). Pure; any thread.
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace typhon::http {

/// Appends "Sun, 06 Nov 1994 08:49:37 GMT".
void append_http_date(std::string& out, std::time_t time);

/// The time that `text` says, or none when it is no date. `now` decides on the century of a year
/// with two digits.
[[nodiscard]] std::optional<std::time_t> parse_http_date(std::string_view text, std::time_t now);

}  // namespace typhon::http
