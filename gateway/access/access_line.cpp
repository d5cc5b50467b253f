#include "gateway/access/access_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "proto/printable.hpp"
#include "proto/utf8.hpp"

namespace typhon::access {

namespace {

using std::chrono::microseconds;

constexpr std::string_view kNone = "-";
constexpr std::string_view kLeftOut = "...";

std::string_view end_name(End end) {
    switch (end) {
        case End::client_left:
            return "client-left";
        case End::cut_off:
            return "cut-off";
        case End::complete:
            break;
    }
    return "complete";
}

std::string_view bounded(std::string_view text) {
    return text.substr(0, kMaxText);
}

/// Printable ASCII without quotes and backslashes, as almost every text is.
bool is_plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char character) {
        return character >= ' ' && character <= '~' && character != '"' && character != '\\';
    });
}

/// A point and three digits.
void append_thousandths(std::string& out, unsigned number) {
    out += '.';
    out += static_cast<char>('0' + number / 100 % 10);
    out += static_cast<char>('0' + number / 10 % 10);
    out += static_cast<char>('0' + number % 10);
}

void append_number(std::string& out, std::uint64_t number) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

/// Milliseconds with three decimals.
void append_ms(std::string& out, microseconds span) {
    const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(span.count(), 0));
    append_number(out, us / 1000);
    append_thousandths(out, static_cast<unsigned>(us % 1000));
}

void append_status(std::string& out, int status) {
    status == 0 ? void(out += "000") : append_number(out, static_cast<std::uint64_t>(status));
}

// ---- text ----

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    append_quotable(out, text.empty() ? kNone : text);
    out += '"';
}

/// A value behind KEY=, which has no quotes and so no spaces.
void append_word(std::string& out, std::string_view key, std::string_view text) {
    out += key;
    const std::size_t start = out.size();
    append_quotable(out, text.empty() ? kNone : text);
    for (std::size_t at = out.find(' ', start); at != std::string::npos; at = out.find(' ', at)) {
        out.replace(at, 1, "\\x20");
    }
}

void append_span(std::string& out, std::string_view key, std::optional<microseconds> span) {
    out += key;
    span ? append_ms(out, *span) : void(out += kNone);
}

void append_request_line(std::string& out, const AccessEntry& entry) {
    if (entry.method.empty()) {
        out += "\"-\"";
        return;
    }
    out += '"';
    append_quotable(out, entry.method);
    out += ' ';
    append_quotable(out, entry.path.empty() ? kNone : entry.path);
    out += ' ';
    out += entry.protocol;
    out += '"';
}

// ---- JSON ----

void append_escape(std::string& out, unsigned code) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "\\u%04x", code);
    out += text.data();
}

void append_json_character(std::string& out, char character) {
    const auto code = static_cast<std::uint8_t>(character);
    if (character == '"' || character == '\\') {
        out += '\\';
        out += character;
    } else if (code < 0x20 || code == 0x7F) {
        append_escape(out, code);
    } else {
        out += character;
    }
}

void append_json_span(std::string& out, std::string_view key, std::optional<microseconds> span) {
    out += key;
    span ? append_ms(out, *span) : void(out += "null");
}

void append_json_field(std::string& out, std::string_view key, std::string_view text) {
    out += key;
    append_json_string(out, text);
}

}  // namespace

void append_quotable(std::string& out, std::string_view text) {
    const std::string_view shown = bounded(text);
    if (is_plain(shown)) {
        out += shown;
    } else {
        for (const char character : proto::printable(shown)) {
            out += character == '"' ? std::string_view("\\\"") : std::string_view(&character, 1);
        }
    }
    if (shown.size() < text.size()) {
        out += kLeftOut;
    }
}

void append_json_string(std::string& out, std::string_view text) {
    if (text.empty()) {
        out += "null";
        return;
    }
    std::string_view shown = bounded(text);
    const bool whole = shown.size() == text.size();
    out += '"';
    if (is_plain(shown)) {
        out += shown;
        shown = {};
    }
    while (!shown.empty()) {
        const std::size_t length = proto::utf8_length(shown);
        if (length == 1) {
            append_json_character(out, shown.front());
        } else if (length == 0) {
            out += "\\ufffd";
        } else {  // what is hidden there is \uNNNN, as JSON has it
            out += proto::printable(shown.substr(0, length));
        }
        shown.remove_prefix(std::max<std::size_t>(length, 1));
    }
    out += whole ? std::string_view() : kLeftOut;
    out += '"';
}

std::string without_secrets(std::string_view referer) {
    referer = referer.substr(0, referer.find_first_of("?#"));
    const std::size_t scheme = referer.find("://");
    const std::size_t start = scheme == std::string_view::npos ? 0 : scheme + 3;
    const std::string_view authority = referer.substr(start, referer.find('/', start) - start);
    const std::size_t user = authority.rfind('@');
    std::string shown(referer);
    if (user != std::string_view::npos) {
        shown.erase(start, user + 1);
    }
    return shown;
}

void LineFormatter::append(std::string& out, const AccessEntry& entry) {
    form_ == Form::json ? append_json(out, entry) : append_text(out, entry);
}

/// "28/Nov/2026:05:20:01 +0000", local time as everywhere in this format; in JSON
/// "2026-11-28T05:20:01" of UTC.
std::string_view LineFormatter::time_text(std::time_t second) {
    if (second != second_) {
        second_ = second;
        std::tm parts{};
        std::array<char, 48> text{};
        if (form_ == Form::json) {
            ::gmtime_r(&second, &parts);
            (void)std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
        } else {
            ::localtime_r(&second, &parts);
            (void)std::strftime(text.data(), text.size(), "%d/%b/%Y:%H:%M:%S %z", &parts);
        }
        time_ = text.data();
    }
    return time_;
}

void LineFormatter::append_text(std::string& out, const AccessEntry& entry) {
    append_word(out, "", entry.client);
    out += " - - [";
    out += time_text(std::chrono::system_clock::to_time_t(entry.at));
    out += "] ";
    append_request_line(out, entry);
    out += ' ';
    append_status(out, entry.status);
    out += ' ';
    append_number(out, entry.bytes);
    out += ' ';
    append_quoted(out, entry.referer);
    out += ' ';
    append_quoted(out, entry.user_agent);
    append_word(out, " id=", entry.request_id);
    append_word(out, " route=", entry.route);
    out += " worker=";
    entry.worker == 0 ? void(out += kNone) : append_number(out, entry.worker);
    append_span(out, " queue_ms=", entry.queue);
    append_span(out, " handler_ms=", entry.handler);
    append_span(out, " total_ms=", entry.total);
    out += " end=";
    out += end_name(entry.end);
    out += '\n';
}

void LineFormatter::append_json(std::string& out, const AccessEntry& entry) {
    out += "{\"time\":\"";
    const auto ms = std::chrono::floor<std::chrono::milliseconds>(entry.at.time_since_epoch());
    out += time_text(static_cast<std::time_t>(ms.count() / 1000));
    append_thousandths(out, static_cast<unsigned>(ms.count() % 1000));
    append_json_field(out, "Z\",\"client\":", entry.client);
    append_json_field(out, ",\"method\":", entry.method);
    append_json_field(out, ",\"path\":", entry.path);
    append_json_field(out, ",\"protocol\":", entry.protocol);
    out += ",\"status\":";
    append_number(out, static_cast<std::uint64_t>(entry.status));
    out += ",\"bytes\":";
    append_number(out, entry.bytes);
    append_json_field(out, ",\"referer\":", entry.referer);
    append_json_field(out, ",\"user_agent\":", entry.user_agent);
    append_json_field(out, ",\"request_id\":", entry.request_id);
    append_json_field(out, ",\"route\":", entry.route);
    out += ",\"worker\":";
    entry.worker == 0 ? void(out += "null") : append_number(out, entry.worker);
    append_json_span(out, ",\"queue_ms\":", entry.queue);
    append_json_span(out, ",\"handler_ms\":", entry.handler);
    append_json_span(out, ",\"total_ms\":", entry.total);
    append_json_field(out, ",\"end\":", end_name(entry.end));
    out += "}\n";
}

}  // namespace typhon::access
