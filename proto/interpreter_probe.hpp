// Asks a Python interpreter for its version, by running it.
#pragma once

#include <string>

namespace typhon::proto {

/// "3.11\n", or whatever else `python` prints when it is asked; empty when that is nothing. Blocks
/// for at most 10 s; its process is gone afterwards. Throws std::system_error, whose what() is the
/// whole sentence, when it cannot be run.
[[nodiscard]] std::string ask_version(const std::string& python);

}  // namespace typhon::proto
