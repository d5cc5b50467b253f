// The path of a request target, decoded once and split on raw slashes (DESIGN 3).
//
// An encoded slash is data inside a segment. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace typhon::proto {

enum class PathFault : std::uint8_t {
    none,
    no_leading_slash,
    bad_escape,  // '%' not followed by two hex digits
    nul,         // a NUL byte, raw or encoded
    above_root,  // ".." climbs above the root
    too_many_segments,
};

/// The segments of one path. Reusable: parse() keeps the memory. Views point into the raw path
/// where nothing was encoded, else into the object, and live until the next parse().
class PathSegments {
public:
    /// Splits and decodes `raw` (no query). "." and ".." are resolved (RFC 3986 section 5.2.4);
    /// "//" gives an empty segment; a trailing slash gives a last empty segment.
    [[nodiscard]] PathFault parse(std::string_view raw);

    [[nodiscard]] const std::vector<std::string_view>& segments() const noexcept {
        return segments_;
    }
    [[nodiscard]] std::size_t size() const noexcept { return segments_.size(); }
    [[nodiscard]] std::string_view operator[](std::size_t index) const noexcept {
        return segments_[index];
    }

    /// True when no escape or dot segment occurred, so that raw text equals decoded text.
    [[nodiscard]] bool plain() const noexcept { return plain_; }

private:
    PathFault split(std::string_view rest);
    PathFault decode(std::string_view rest);
    PathFault add(std::string_view segment, bool last);

    std::vector<std::string_view> segments_;
    std::string decoded_;
    bool plain_ = true;
};

/// Percent-decodes `raw` (and '+' to space when `plus`); a bad escape is kept as it is. For queries
/// and forms.
[[nodiscard]] std::string percent_decode(std::string_view raw, bool plus);

/// One sentence for a client.
[[nodiscard]] std::string_view path_fault_text(PathFault fault) noexcept;

}  // namespace typhon::proto
