// Text of others as it may stand in a log: nothing in it can begin a line, move the cursor of a
// terminal, or hide what follows. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace typhon::proto {

/// Control characters (and Unicode's, its line breaks and its marks of direction), backslashes and
/// bytes that are no UTF-8 become \xNN, \uNNNN, \n and so on.
[[nodiscard]] std::string printable(std::string_view text);

/// The same for a text of several lines that is our own in the main: line breaks and tabs stay, and
/// so do backslashes.
void append_printable_lines(std::string& out, std::string_view text);

}  // namespace typhon::proto
