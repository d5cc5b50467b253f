// How an entry of the access log looks: a line like that of the Combined Log Format, with more
// behind it, or one JSON object. Nothing that a client sends can end a line, a quoted text or a
// string.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "gateway/access/access_entry.hpp"

namespace typhon::access {

enum class Form : std::uint8_t { off, text, json };

/// The most of one text of a client that a line holds, in bytes; the rest is left out.
inline constexpr std::size_t kMaxText = 2048;

/// Makes lines. It remembers the time of the last one, for the next within its second. One thread.
class LineFormatter {
public:
    explicit LineFormatter(Form form) noexcept : form_(form) {}

    /// Appends the line of `entry`, with its line break.
    void append(std::string& out, const AccessEntry& entry);

private:
    void append_text(std::string& out, const AccessEntry& entry);
    void append_json(std::string& out, const AccessEntry& entry);
    [[nodiscard]] std::string_view time_text(std::time_t second);

    Form form_;
    std::time_t second_ = -1;
    std::string time_;
};

/// `text` as it may stand between the quotes of a line: controls, quotes, backslashes and bytes
/// that are no UTF-8 become \xNN and the like.
void append_quotable(std::string& out, std::string_view text);

/// `text` as a JSON string, quotes included. Bytes that are no UTF-8 become U+FFFD; null when it is
/// empty.
void append_json_string(std::string& out, std::string_view text);

/// A Referer without what may hold secrets: user information, query and fragment.
[[nodiscard]] std::string without_secrets(std::string_view referer);

}  // namespace typhon::access
