// Reads header blocks in place: only an array of byte strings can occur, so two msgpack headers are
// all there is to know.
#include <cstddef>

#include "proto/codec.hpp"
#include "proto/limits.hpp"

namespace typhon::proto {

namespace {

// A msgpack length of `bytes` bytes, big-endian, behind the marker at `offset`; false when the
// block ends before.
bool read_length(std::string_view block,
                 std::size_t& offset,
                 std::size_t bytes,
                 std::size_t& length) noexcept {
    if (block.size() - offset <= bytes) {
        return false;
    }
    length = 0;
    for (std::size_t index = 1; index <= bytes; ++index) {
        length = length << 8U | static_cast<std::uint8_t>(block[offset + index]);
    }
    offset += 1 + bytes;
    return true;
}

// fixarray, array 16.
bool read_array(std::string_view block, std::size_t& offset, std::size_t& count) noexcept {
    const auto marker = static_cast<std::uint8_t>(block[offset]);
    if ((marker & 0xF0U) == 0x90U) {
        count = marker & 0x0FU;
        ++offset;
        return true;
    }
    return marker == 0xDC && read_length(block, offset, 2, count);
}

// How many bytes of length follow the marker of a byte string: 0 for fixstr, 1, 2, 4 for str and
// bin; -1: none.
int length_bytes(std::uint8_t marker) noexcept {
    if ((marker & 0xE0U) == 0xA0U) {
        return 0;
    }
    switch (marker) {
        case 0xC4:
        case 0xD9:
            return 1;
        case 0xC5:
        case 0xDA:
            return 2;
        case 0xC6:
        case 0xDB:
            return 4;
        default:
            return -1;
    }
}

bool read_bytes(std::string_view block, std::size_t& offset, std::string_view& bytes) noexcept {
    if (offset >= block.size()) {
        return false;
    }
    const auto marker = static_cast<std::uint8_t>(block[offset]);
    const int width = length_bytes(marker);
    std::size_t length = marker & 0x1FU;
    if (width == 0) {
        ++offset;
    } else if (width < 0 || !read_length(block, offset, static_cast<std::size_t>(width), length)) {
        return false;
    }
    if (length > block.size() - offset) {
        return false;
    }
    bytes = block.substr(offset, length);
    offset += length;
    return true;
}

}  // namespace

bool streams_body(std::string_view block) {
    HeaderBlockReader reader(block);
    std::string_view name;
    std::string_view value;
    return reader.next(name, value) && name == kBodyField && value == kBodyStreams;
}

bool opens_websocket(std::string_view block) {
    HeaderBlockReader reader(block);
    std::string_view name;
    std::string_view value;
    return reader.next(name, value) && name == kBodyField && reader.next(name, value) &&
           name == kWebSocketField;
}

bool HeaderBlockReader::next(std::string_view& name, std::string_view& value) {
    if (failed_ || (!started_ && block_.empty())) {
        return false;
    }
    if (!started_) {
        started_ = true;
        failed_ =
            !read_array(block_, offset_, left_) || left_ % 2 != 0 || left_ > 2 * kMaxHeaderFields;
    }
    if (!failed_ && left_ == 0) {
        failed_ = offset_ != block_.size();
        return false;
    }
    failed_ = failed_ || !read_bytes(block_, offset_, name) || !read_bytes(block_, offset_, value);
    left_ -= failed_ ? 0 : 2;
    return !failed_;
}

}  // namespace typhon::proto
