#include "proto/errors.hpp"

#include <array>
#include <cstddef>
#include <utility>

#include "proto/utf8.hpp"

namespace typhon::proto {

namespace {

// In the order of ErrorCode.
constexpr std::array kErrors{
    ErrorInfo{"none", 200, false, ""},
    ErrorInfo{"bad_request", 400, false, "bad request"},
    ErrorInfo{"not_found", 404, false, "not found"},
    ErrorInfo{"method_not_allowed", 405, false, "method not allowed"},
    ErrorInfo{"request_timeout", 408, false, "the request did not arrive in time"},
    ErrorInfo{"length_required", 411, false, "length required"},
    ErrorInfo{"payload_too_large", 413, false, "request body too large"},
    ErrorInfo{"uri_too_long", 414, false, "request target too long"},
    ErrorInfo{"unsupported_media_type", 415, false, "unsupported media type"},
    ErrorInfo{"expectation_failed", 417, false, "expectation failed"},
    ErrorInfo{"upgrade_required", 426, false, "a WebSocket is here: upgrade the connection"},
    ErrorInfo{"too_many_requests", 429, true, "too many requests"},
    ErrorInfo{"head_too_large", 431, false, "request header fields too large"},
    ErrorInfo{"internal", 500, false, "internal error"},
    ErrorInfo{"not_implemented", 501, false, "not implemented"},
    ErrorInfo{"worker_died", 502, false, "the worker died while it ran this request"},
    ErrorInfo{"bad_reply", 502, false, "the worker sent an invalid reply"},
    ErrorInfo{"no_worker", 503, true, "no worker can serve this request"},
    ErrorInfo{"queue_full", 503, true, "too many requests wait"},
    ErrorInfo{"stopping", 503, true, "the server is stopping"},
    ErrorInfo{"too_many_connections", 503, true, "too many connections"},
    ErrorInfo{"deadline", 504, false, "the request took too long"},
    ErrorInfo{"version_not_supported", 505, false, "HTTP version not supported"},
    ErrorInfo{"client_left", 499, false, "the client left"},
};
static_assert(kErrors.size() == static_cast<std::size_t>(ErrorCode::client_left) + 1);

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

char hex_digit(std::uint64_t value) {
    return "0123456789abcdef"[value & 0xFU];
}

void append_escaped_ascii(std::string& out, char character) {
    switch (character) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    const auto code = static_cast<std::uint8_t>(character);
    if (code < 0x20 || code == 0x7F) {
        out += "\\u00";
        out += hex_digit(code >> 4U);
        out += hex_digit(code);
    } else {
        out += character;
    }
}

void append_escaped(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 1) {
            append_escaped_ascii(out, text.front());
        } else if (length == 0) {
            out += kReplacement;
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
}

constexpr std::array<std::pair<int, std::string_view>, 46> kReasons{{
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
}};

}  // namespace

const ErrorInfo& error_info(ErrorCode code) noexcept {
    const auto index = static_cast<std::size_t>(code);
    return kErrors[index < kErrors.size() ? index : static_cast<std::size_t>(ErrorCode::internal)];
}

std::string error_body(std::string_view text, std::string_view request_name) {
    std::string body;
    body.reserve(text.size() + 48);
    body += R"({"error":")";
    append_escaped(body, text);
    body += R"(","request_id":")";
    body += request_name;
    body += R"("})";
    return body;
}

std::string request_id_text(std::uint64_t id) {
    std::string text(16, '0');
    for (std::size_t index = text.size(); index-- > 0; id >>= 4U) {
        text[index] = hex_digit(id);
    }
    return text;
}

std::string_view reason_phrase(int status) noexcept {
    for (const auto& [code, phrase] : kReasons) {
        if (code == status) {
            return phrase;
        }
    }
    return "Unknown";
}

}  // namespace typhon::proto
