// Gives the memory of a text back. To assign an empty text keeps it: a short one is copied in
// (libstdc++'s basic_string::operator=).
#pragma once

#include <string>

namespace typhon::proto {

inline void free_memory(std::string& text) noexcept {
    std::string().swap(text);
}

}  // namespace typhon::proto
