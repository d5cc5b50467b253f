// What a request says about the representation that it wants: preconditions and ranges (RFC 9110
// sections 13 and 14), and what of it is sent. Pure; any thread.
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "gateway/http/byte_ranges.hpp"
#include "gateway/http/head.hpp"

namespace typhon::http {

/// The fields, those of one name joined by commas.
struct Conditions {
    std::optional<std::string> if_match;
    std::optional<std::string> if_none_match;
    std::optional<std::string> if_modified_since;
    std::optional<std::string> if_unmodified_since;
    std::optional<std::string> if_range;
    std::optional<std::string> range;
};

/// Those of a request; all none, and quick, when it has no such field.
[[nodiscard]] Conditions read_conditions(const Head& head);

/// What can be sent in answer to GET and HEAD.
struct Representation {
    std::string tag;
    std::time_t modified = 0;  // never after the answer's Date (section 8.8.2.1)
    std::uint64_t size = 0;
};

struct Selection {
    int status = 200;               // 200, 206, 304, 412 or 416
    std::vector<ByteRange> ranges;  // with 206
};

/// Evaluates the conditions in the order of section 13.2.2 for GET or, with `is_head`, for HEAD.
[[nodiscard]] Selection select(const Conditions& conditions,
                               const Representation& representation,
                               bool is_head,
                               std::time_t now);

}  // namespace typhon::http
