// The Range field (RFC 9110 section 14): which bytes of a representation it asks for. Pure; any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace typhon::http {

struct ByteRange {
    std::uint64_t first = 0;
    std::uint64_t size = 0;
    friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// More ranges than this are answered by the whole (section 14.2: a server may).
inline constexpr std::size_t kMaxRanges = 16;

struct RangeRequest {
    enum class Outcome : std::uint8_t {
        whole,          // the field is ignored: not of bytes, not valid, or too much of it
        partial,        // `ranges`, in the order of the field
        unsatisfiable,  // 416
    };
    Outcome outcome = Outcome::whole;
    std::vector<ByteRange> ranges;
};

/// What the field `range` asks of a representation of `size` bytes. Ranges that cannot be satisfied
/// are left out. More than kMaxRanges, or such that together are more than the whole: the whole.
[[nodiscard]] RangeRequest read_ranges(std::string_view range, std::uint64_t size);

/// "bytes 0-499/1234".
[[nodiscard]] std::string content_range(const ByteRange& range, std::uint64_t size);
/// "bytes */1234", for a 416.
[[nodiscard]] std::string content_range_of_none(std::uint64_t size);

}  // namespace typhon::http
