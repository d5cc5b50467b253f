// multipart/form-data bodies of native requests (RFC 7578). Pure; any thread.
#pragma once

#include <string_view>

#include "gateway/http/head.hpp"
#include "gateway/native/message.hpp"

namespace typhon::http {

/// The boundary parameter of a Content-Type; empty when there is none.
[[nodiscard]] std::string_view multipart_boundary(std::string_view content_type) noexcept;

inline constexpr std::size_t kMaxParts = 1000;
inline constexpr std::size_t kMaxPartHead = 8U << 10;  // bytes, the empty line not included

/// Adds the parts of `body` to `files`; stops at the first malformed part. A 413 when there are
/// more than kMaxParts, or the head of one is longer than kMaxPartHead; those before are added.
[[nodiscard]] Fault parse_multipart(std::string_view body,
                                    std::string_view boundary,
                                    UploadedFiles& files);

}  // namespace typhon::http
