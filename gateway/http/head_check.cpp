// What the fields of a head mean together: Host, framing, persistence, expectations.
#include <algorithm>
#include <charconv>
#include <utility>

#include "gateway/http/char_class.hpp"
#include "gateway/http/head.hpp"
#include "proto/request_id.hpp"

namespace typhon::http {

namespace {

constexpr std::size_t kMaxConnectionOptions = 32;  // each costs a look for each field

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

}  // namespace

bool is_host(std::string_view text) noexcept {
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

bool Head::check() {
    for (Field& field : fields_) {
        if (!check_field(field)) {
            return false;
        }
    }
    return check_together();
}

bool Head::check_field(Field& field) {
    const std::string_view value = view(field.value);
    switch (field.kind) {
        case FieldKind::host:
            if (std::exchange(has_host_, true)) {
                (void)refuse(400, "The request has more than one Host field.");
                return false;
            }
            if (!check_host(value)) {
                return false;
            }
            if (form_ == TargetForm::absolute) {
                field.value = authority_;  // RFC 9112 section 3.2.2: the target's host counts
            }
            return true;
        case FieldKind::condition:
            has_conditions_ = true;
            return true;
        case FieldKind::upgrade:
            has_upgrade_ = true;
            return true;
        case FieldKind::content_length:
            return check_content_length(value);
        case FieldKind::transfer_encoding:
            read_transfer_encoding(value);
            return true;
        case FieldKind::content_encoding:
            read_content_encoding(value);
            return true;
        case FieldKind::connection:
            return read_connection(value);
        case FieldKind::expect:
            return check_expect(value);
        case FieldKind::request_id:
            read_request_id(field);
            return true;
        default:
            return true;
    }
}

bool Head::check_together() {
    if (!has_host_ && !http_1_0()) {
        (void)refuse(400, "An HTTP/1.1 request needs a Host field.");
        return false;
    }
    if (has_transfer_encoding_ && !check_codings()) {
        return false;
    }
    expects_continue_ = expects_continue_ && framing_ != Framing::none;
    return true;
}

void Head::read_request_id(const Field& field) noexcept {
    const bool first = !std::exchange(has_request_id_, true);
    request_id_ = first && proto::is_request_id(view(field.value)) ? field.value : Slice{};
}

bool Head::check_host(std::string_view value) {
    if (!is_host(value)) {
        (void)refuse(400, "The Host field is not a host name with an optional port.");
        return false;
    }
    return true;
}

bool Head::check_content_length(std::string_view value) {
    if (std::exchange(has_length_, true)) {
        (void)refuse(400, "The request has more than one Content-Length field.");
        return false;
    }
    if (!all_have(value, kDigitBit)) {
        (void)refuse(400, "The Content-Length is not a number.");
        return false;
    }
    const auto [end, fault] =
        std::from_chars(value.data(), value.data() + value.size(), content_length_);
    if (fault != std::errc{}) {
        (void)refuse(413, "The request body is too large.");
        return false;
    }
    framing_ = content_length_ == 0 ? Framing::none : Framing::length;
    return true;
}

/// The fields of a head make one list, RFC 9110 section 5.3.
void Head::read_transfer_encoding(std::string_view value) {
    has_transfer_encoding_ = true;
    std::string_view coding;
    while (next_element(value, coding)) {
        has_chunked_twice_ = has_chunked_twice_ || ends_in_chunked_;
        ends_in_chunked_ = equals_lower(coding, "chunked");
        has_unknown_coding_ = has_unknown_coding_ || !ends_in_chunked_;
    }
}

/// RFC 9112 sections 6.1 and 6.3: 501 only when the end of the body could be found.
bool Head::check_codings() {
    if (has_length_) {
        (void)refuse(400, "Content-Length and Transfer-Encoding must not come together.");
    } else if (http_1_0()) {
        (void)refuse(400, "Transfer-Encoding is not part of HTTP/1.0.");
    } else if (!ends_in_chunked_ || has_chunked_twice_) {
        (void)refuse(400, "The last transfer coding must be chunked, and no other.");
    } else if (has_unknown_coding_) {
        (void)refuse(501, "The only transfer coding that is implemented is chunked.");
    }
    framing_ = Framing::chunked;
    return !fault_;
}

void Head::read_content_encoding(std::string_view value) noexcept {
    std::string_view coding;
    while (next_element(value, coding)) {
        has_content_coding_ = has_content_coding_ || !equals_lower(coding, "identity");
    }
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

/// Empty options count, too: RFC 9110 section 5.6.1.2 asks for no more than a reasonable number.
bool Head::read_connection(std::string_view value) {
    connection_options_ += 1 + std::count(value.begin(), value.end(), ',');
    if (connection_options_ > kMaxConnectionOptions) {
        (void)refuse(431, "The Connection field has too many options.");
        return false;
    }
    for (std::string_view option; next_element(value, option);) {
        const FieldKind kind = field_kind(option);
        closes_ = closes_ || equals_lower(option, "close");
        keep_alive_ = keep_alive_ || kind == FieldKind::keep_alive;
        connection_upgrades_ = connection_upgrades_ || kind == FieldKind::upgrade;
        names_fields_ = names_fields_ || !is_hop_by_hop(kind);
    }
    keep_alive_ = keep_alive_ && !closes_;
    return true;
}

bool Head::connection_names(std::string_view name) const noexcept {
    return names_fields_ &&
           std::any_of(fields_.begin(), fields_.end(), [this, name](const Field& field) {
               return field.kind == FieldKind::connection && list_holds(view(field.value), name);
           });
}

}  // namespace typhon::http
