// Well-formed UTF-8 (RFC 3629). Pure; any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace typhon::proto {

/// Bytes of the well-formed character that `text`, which is not empty, starts with; 0 when it
/// starts with none.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

}  // namespace typhon::proto
