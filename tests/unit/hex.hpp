// Bytes that the golden vectors write as hex.
#pragma once

#include <cstddef>
#include <string>

namespace typhon::test {

inline std::string from_hex(const std::string& hex) {
    std::string bytes;
    for (std::size_t index = 0; index + 1 < hex.size(); index += 2) {
        bytes.push_back(static_cast<char>(std::stoi(hex.substr(index, 2), nullptr, 16)));
    }
    return bytes;
}

}  // namespace typhon::test
