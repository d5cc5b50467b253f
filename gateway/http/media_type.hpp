// The media type of a file, by the ending of its name. Pure; any thread.
#pragma once

#include <string_view>

namespace typhon::http {

/// What an ending that is not known, or none, stands for.
inline constexpr std::string_view kUnknownMediaType = "application/octet-stream";

/// The Content-Type of a file named `name`: "text/html; charset=utf-8". Case of the ending does not
/// count.
[[nodiscard]] std::string_view media_type(std::string_view name) noexcept;

}  // namespace typhon::http
