// Reads bodies in a content coding.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace typhon::test {

struct Decoded {
    std::string bytes;
    bool ended = false;  // the coded body is whole, and nothing follows it
};

/// What can be read of a body of at most 10 MiB, or of its beginning. `coding` is gzip, br or
/// empty.
[[nodiscard]] Decoded decode(std::string_view coding, const std::string& body);

/// A text of `size` bytes that becomes smaller.
[[nodiscard]] std::string text_of(std::size_t size);

}  // namespace typhon::test
