// What the fields of a head mean together: Host, framing, persistence, expectations.
#include <charconv>

#include "gateway/http/char_class.hpp"
#include "gateway/http/head.hpp"

namespace typhon::http {

namespace {

bool is_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), port);
    return text.empty() || (text.size() <= 5 && fault == std::errc{} &&
                            end == text.data() + text.size() && port <= 65535);
}

bool is_ip_literal_text(std::string_view text) {
    return !text.empty() &&
           text.find_first_not_of("0123456789abcdefABCDEF:.vV%-_~") == std::string_view::npos;
}

/// uri-host [ ":" port ], RFC 9110 section 7.2.
bool is_host(std::string_view text) {
    if (!text.empty() && text.front() == '[') {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos || !is_ip_literal_text(text.substr(1, end - 1))) {
            return false;
        }
        const std::string_view rest = text.substr(end + 1);
        return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
    }
    const std::size_t colon = text.find(':');
    return all_have(text.substr(0, colon), kHostBit) &&
           (colon == std::string_view::npos || is_port(text.substr(colon + 1)));
}

}  // namespace

bool Head::check() {
    std::size_t hosts = 0;
    std::size_t lengths = 0;
    std::size_t encodings = 0;
    for (const Field& field : fields_) {
        const std::string_view value = view(field.value);
        bool good = true;
        switch (field.kind) {
            case FieldKind::host:
                good = check_host(value, ++hosts);
                break;
            case FieldKind::content_length:
                good = check_content_length(value, ++lengths);
                break;
            case FieldKind::transfer_encoding:
                good = check_transfer_encoding(value, ++encodings);
                break;
            case FieldKind::connection:
                read_connection(value);
                break;
            case FieldKind::expect:
                good = check_expect(value);
                break;
            default:
                break;
        }
        if (!good) {
            return false;
        }
    }
    return check_together(hosts, lengths, encodings);
}

bool Head::check_together(std::size_t hosts, std::size_t lengths, std::size_t encodings) {
    if (hosts == 0 && !http_1_0()) {
        (void)refuse(400, "An HTTP/1.1 request needs a Host field.");
        return false;
    }
    if (lengths != 0 && encodings != 0) {
        (void)refuse(400, "Content-Length and Transfer-Encoding must not come together.");
        return false;
    }
    expects_continue_ = expects_continue_ && framing_ != Framing::none;
    return true;
}

bool Head::check_host(std::string_view value, std::size_t count) {
    if (count > 1) {
        (void)refuse(400, "The request has more than one Host field.");
        return false;
    }
    if (!is_host(value)) {
        (void)refuse(400, "The Host field is not a host name with an optional port.");
        return false;
    }
    return true;
}

bool Head::check_content_length(std::string_view value, std::size_t count) {
    if (count > 1) {
        (void)refuse(400, "The request has more than one Content-Length field.");
        return false;
    }
    const bool digits = all_have(value, kDigitBit);
    const auto [end, fault] =
        std::from_chars(value.data(), value.data() + value.size(), content_length_);
    if (!digits || fault != std::errc{}) {
        (void)refuse(400, "The Content-Length is not a number.");
        return false;
    }
    framing_ = content_length_ == 0 ? Framing::none : Framing::length;
    return true;
}

bool Head::check_transfer_encoding(std::string_view value, std::size_t count) {
    if (http_1_0()) {
        (void)refuse(400, "Transfer-Encoding is not part of HTTP/1.0.");
        return false;
    }
    if (count > 1 || value.find(',') != std::string_view::npos || !equals_lower(value, "chunked")) {
        (void)refuse(501, "The only transfer coding that is implemented is chunked.");
        return false;
    }
    framing_ = Framing::chunked;
    return true;
}

bool Head::check_expect(std::string_view value) {
    if (http_1_0()) {
        return true;  // RFC 9110 section 10.1.1: ignored in 1.0
    }
    if (!equals_lower(value, "100-continue")) {
        (void)refuse(417, "The only expectation that can be met is 100-continue.");
        return false;
    }
    expects_continue_ = true;
    return true;
}

void Head::read_connection(std::string_view value) {
    has_connection_field_ = true;
    std::string_view element;
    while (next_element(value, element)) {
        if (equals_lower(element, "close")) {
            closes_ = true;
        } else if (equals_lower(element, "keep-alive") && http_1_0()) {
            keep_alive_ = true;
        }
    }
    keep_alive_ = keep_alive_ && !closes_;
}

bool Head::connection_names(std::string_view name) const noexcept {
    if (!has_connection_field_) {
        return false;
    }
    for (const Field& field : fields_) {
        std::string_view list = field.kind == FieldKind::connection ? view(field.value) : "";
        std::string_view element;
        while (next_element(list, element)) {
            if (equals_ignoring_case(element, name)) {
                return true;
            }
        }
    }
    return false;
}

}  // namespace typhon::http
