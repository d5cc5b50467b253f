#include "gateway/http/byte_ranges.hpp"

#include <algorithm>
#include <optional>

#include "gateway/http/char_class.hpp"

namespace typhon::http {

namespace {

/// One range-spec as it was written.
struct Spec {
    std::optional<std::uint64_t> first;  // none: a suffix
    std::optional<std::uint64_t> last;   // none: to the end; of a suffix its length
};

/// Digits as a number; the largest one stands for all that do not fit.
std::uint64_t saturating_number(std::string_view digits) noexcept {
    std::uint64_t value = 0;
    for (const char digit : digits) {
        if (__builtin_mul_overflow(value, 10U, &value) ||
            __builtin_add_overflow(value, static_cast<unsigned>(digit - '0'), &value)) {
            return UINT64_MAX;
        }
    }
    return value;
}

/// False when `text` is neither digits nor empty.
bool read_position(std::string_view text, std::optional<std::uint64_t>& position) noexcept {
    if (text.empty()) {
        return true;
    }
    position = saturating_number(text);
    return all_have(text, kDigitBit);
}

bool read_spec(std::string_view text, Spec& spec) noexcept {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos || !read_position(text.substr(0, dash), spec.first) ||
        !read_position(text.substr(dash + 1), spec.last)) {
        return false;
    }
    if (!spec.first) {
        return spec.last.has_value();
    }
    return !spec.last || *spec.first <= *spec.last;
}

/// The bytes that a valid spec names; of size 0 when it cannot be satisfied.
ByteRange satisfy(const Spec& spec, std::uint64_t size) noexcept {
    if (!spec.first) {
        const std::uint64_t length = std::min(*spec.last, size);
        return {size - length, length};
    }
    if (*spec.first >= size) {
        return {};
    }
    const std::uint64_t last = std::min(spec.last.value_or(size - 1), size - 1);
    return {*spec.first, last - *spec.first + 1};
}

/// All ranges of the list; false when one of them is not valid.
bool read_list(std::string_view list, std::uint64_t size, std::vector<ByteRange>& ranges) {
    bool any = false;
    for (std::string_view text; next_element(list, text); any = true) {
        Spec spec;
        if (!read_spec(text, spec)) {
            return false;
        }
        const ByteRange range = satisfy(spec, size);
        if (range.size != 0 && ranges.size() <= kMaxRanges) {
            ranges.push_back(range);
        }
    }
    return any;
}

bool are_too_much(const std::vector<ByteRange>& ranges, std::uint64_t size) noexcept {
    if (ranges.size() > kMaxRanges) {
        return true;
    }
    std::uint64_t left = size;
    for (const ByteRange& range : ranges) {
        if (range.size > left) {
            return true;
        }
        left -= range.size;
    }
    return false;
}

}  // namespace

RangeRequest read_ranges(std::string_view range, std::uint64_t size) {
    using Outcome = RangeRequest::Outcome;
    constexpr std::string_view kUnit = "bytes";
    RangeRequest request;
    const std::size_t equals = range.find('=');
    if (equals == std::string_view::npos || !equals_lower(range.substr(0, equals), kUnit) ||
        size == 0 || !read_list(range.substr(equals + 1), size, request.ranges)) {
        return {};
    }
    if (request.ranges.empty()) {
        request.outcome = Outcome::unsatisfiable;
    } else if (are_too_much(request.ranges, size)) {
        request.ranges.clear();
    } else {
        request.outcome = Outcome::partial;
    }
    return request;
}

std::string content_range(const ByteRange& range, std::uint64_t size) {
    return "bytes " + std::to_string(range.first) + '-' +
           std::to_string(range.first + range.size - 1) + '/' + std::to_string(size);
}

std::string content_range_of_none(std::uint64_t size) {
    return "bytes */" + std::to_string(size);
}

}  // namespace typhon::http
