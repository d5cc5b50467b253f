// multipart/form-data bodies of native requests (RFC 7578). Pure; any thread.
#pragma once

#include <string_view>

#include "gateway/native/message.hpp"

namespace typhon::http {

/// The boundary parameter of a Content-Type; empty when there is none.
[[nodiscard]] std::string_view multipart_boundary(std::string_view content_type) noexcept;

/// Adds the parts of `body` to `files`, at most kMaxParts; stops at the first malformed part.
void parse_multipart(std::string_view body, std::string_view boundary, UploadedFiles& files);

inline constexpr std::size_t kMaxParts = 1000;

}  // namespace typhon::http
