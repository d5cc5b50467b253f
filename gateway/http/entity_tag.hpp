// Entity tags (RFC 9110 section 8.8.3): that of a file, and whether a list of them names it. Pure;
// any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace typhon::http {

/// The strong tag of a file's bytes: changes with its size and its time of change (nanoseconds).
/// `coding` tells apart what holds the same in another content coding; empty for none.
[[nodiscard]] std::string file_tag(std::int64_t modified_ns,
                                   std::uint64_t size,
                                   std::string_view coding = {});

/// The weak tag that is equal to `tag` but for that: W/"1".
[[nodiscard]] std::string weak_tag(std::string_view tag);

/// True when the list (of If-Match or If-None-Match) is "*" or names `tag`. A strong comparison is
/// never true for a weak tag (section 8.8.3.2). What is no tag ends the list.
[[nodiscard]] bool names_tag_strongly(std::string_view list, std::string_view tag) noexcept;
[[nodiscard]] bool names_tag_weakly(std::string_view list, std::string_view tag) noexcept;

}  // namespace typhon::http
