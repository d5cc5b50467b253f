// The pieces that the bodies of envelopes that are maps are read with. For decode*.cpp only.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "proto/token_cursor.hpp"

namespace typhon::proto {

/// Calls `field(key)` for each pair of a map; `field` reads the value and is false when it does not
/// fit. Values of keys that `field` does not read must be skipped by it.
template <class Field>
bool read_map(TokenCursor& in, Field field) {
    std::uint32_t pairs = 0;
    if (!in.map(pairs)) {
        return false;
    }
    for (; pairs > 0; --pairs) {
        std::string_view key;
        if (!in.bytes(key) || !field(key)) {
            return false;
        }
    }
    return true;
}

inline bool skip(TokenCursor& in) {
    in.skip();
    return true;
}

/// Reads an array of at most `most` items; `read(item)` reads one of them.
template <class Item, class Read>
bool read_array(TokenCursor& in,
                std::vector<Item>& items,
                Read read,
                std::uint32_t most = UINT32_MAX) {
    std::uint32_t size = 0;
    if (!in.array(size) || size > most) {
        return false;
    }
    items.resize(size);
    for (Item& item : items) {
        if (!read(item)) {
            return false;
        }
    }
    return true;
}

inline bool read_numbers(TokenCursor& in, std::vector<std::uint32_t>& numbers) {
    return read_array(in, numbers, [&in](std::uint32_t& number) { return in.number(number); });
}

inline bool read_flag(TokenCursor& in, bool& flag) {
    std::uint8_t value = 0;
    const bool read = in.number(value);
    flag = value != 0;
    return read;
}

}  // namespace typhon::proto
