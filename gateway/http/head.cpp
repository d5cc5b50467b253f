#include "gateway/http/head.hpp"

#include <cstring>

#include "gateway/http/char_class.hpp"

namespace typhon::http {

namespace {

constexpr std::size_t kMaxMethod = 32;
constexpr std::size_t kMaxLeadingEmptyLines = 2;  // RFC 9112 section 2.2
constexpr std::size_t kKeepFields = 128;
constexpr std::size_t kMaxHeadBytes = std::size_t{16} << 20;  // offsets are 32 bits

Slice slice_of(std::size_t offset, std::size_t size) {
    return {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(size)};
}

}  // namespace

void Head::clear() {
    std::vector<Field> fields = std::move(fields_);
    fields.clear();
    if (fields.capacity() > kKeepFields) {
        fields.shrink_to_fit();
    }
    *this = Head();
    fields_ = std::move(fields);
}

Head::Status Head::refuse(int status, std::string_view text) noexcept {
    fault_ = {status, text};
    return Status::fault;
}

Head::Status Head::parse(std::string_view bytes, const HeadLimits& limits) {
    base_ = bytes.data();
    for (;;) {
        const void* found = std::memchr(base_ + scanned_, '\n', bytes.size() - scanned_);
        if (found == nullptr) {
            scanned_ = static_cast<std::uint32_t>(bytes.size());
            return check_size(bytes.size() - next_, bytes.size(), limits);
        }
        const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - base_);
        if (check_size(end - next_, end + 1, limits) == Status::fault) {
            return Status::fault;
        }
        if (end == next_ || base_[end - 1] != '\r') {
            return refuse(400, "A line of the request head ends without CR.");
        }
        const Slice line = slice_of(next_, end - 1 - next_);
        next_ = scanned_ = static_cast<std::uint32_t>(end + 1);
        if (line.size == 0 && phase_ == Phase::fields) {
            return check() ? Status::complete : Status::fault;
        }
        if (!read_line(line, limits)) {
            return Status::fault;
        }
    }
}

/// `line` bytes of the line being read, `head` bytes so far. The same for a line that has arrived
/// and for one that has not, so that a refusal does not depend on how the bytes arrive.
Head::Status Head::check_size(std::size_t line,
                              std::size_t head,
                              const HeadLimits& limits) noexcept {
    // 14: two spaces, the version and CR LF.
    if (phase_ == Phase::request_line && line > limits.max_target + kMaxMethod + 14) {
        return refuse(414, "The request target is too long.");
    }
    if (head > limits.max_head || head > kMaxHeadBytes) {
        return refuse(431, "The request head is too large.");
    }
    return Status::incomplete;
}

bool Head::read_line(Slice line, const HeadLimits& limits) {
    if (phase_ == Phase::fields) {
        return read_field(line, limits);
    }
    if (line.size == 0) {
        if (line.offset / 2 < kMaxLeadingEmptyLines) {
            return true;
        }
        (void)refuse(400, "Too many empty lines come before the request.");
        return false;
    }
    phase_ = Phase::fields;
    return read_request_line(line, limits);
}

bool Head::read_request_line(Slice line, const HeadLimits& limits) {
    const std::string_view text = view(line);
    const std::size_t first = text.find(' ');
    const std::size_t second = text.find(' ', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) {
        (void)refuse(400, "The request line must be METHOD TARGET VERSION.");
        return false;
    }
    method_ = slice_of(line.offset, first);
    target_ = slice_of(line.offset + first + 1, second - first - 1);
    if (!is_token(method())) {
        (void)refuse(400, "The method is not a token.");
        return false;
    }
    if (method_.size > kMaxMethod) {
        (void)refuse(501, "The method is not implemented.");
        return false;
    }
    return read_version(text.substr(second + 1)) && read_target(limits);
}

bool Head::read_version(std::string_view version) {
    const bool shaped = version.size() == 8 && version.substr(0, 5) == "HTTP/" &&
                        has_bit(version[5], kDigitBit) && version[6] == '.' &&
                        has_bit(version[7], kDigitBit);
    if (!shaped) {
        (void)refuse(400, "The request line must end in HTTP/1.1 or HTTP/1.0.");
        return false;
    }
    if (version[5] != '1') {
        (void)refuse(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
        return false;
    }
    minor_ = version[7] == '0' ? 0 : 1;  // a later 1.x is read as 1.1, RFC 9110 section 6.2
    keep_alive_ = minor_ == 1;
    return true;
}

bool Head::read_target(const HeadLimits& limits) {
    const std::string_view text = target();
    if (text.size() > limits.max_target) {
        (void)refuse(414, "The request target is too long.");
        return false;
    }
    if (!all_have(text, kTargetBit)) {
        (void)refuse(400, "The request target holds a byte that must be percent-encoded.");
        return false;
    }
    if (method() == "CONNECT" || method() == "TRACE") {
        (void)refuse(501, "The method is not implemented.");
        return false;
    }
    if (text.front() == '/') {
        split_query(target_.offset, text);
        return true;
    }
    if (text == "*" && method() == "OPTIONS") {
        form_ = TargetForm::asterisk;
        path_ = target_;
        return true;
    }
    return read_absolute_target(limits);
}

bool Head::read_absolute_target(const HeadLimits& limits) {
    const std::string_view text = target();
    const std::size_t scheme = text.find("://");
    const bool known =
        scheme != std::string_view::npos && (equals_lower(text.substr(0, scheme), "http") ||
                                             equals_lower(text.substr(0, scheme), "https"));
    const std::size_t start = known ? scheme + 3 : 0;
    const std::size_t path = text.find_first_of("/?", start);
    const std::string_view authority = text.substr(start, path - start);
    if (!known || !check_host(authority)) {
        return refuse_target();
    }
    if (scheme != 4 && !limits.secured) {
        // RFC 9110 section 7.4: not over a connection that is not secured.
        (void)refuse(421, "An https resource needs a secured connection.");
        return false;
    }
    form_ = TargetForm::absolute;
    authority_ = slice_of(target_.offset + start, authority.size());
    if (path != std::string_view::npos) {
        split_query(static_cast<std::uint32_t>(target_.offset + path), text.substr(path));
    }
    return true;
}

bool Head::refuse_target() {
    (void)refuse(400, "The request target must be a path or an http URL.");
    return false;
}

void Head::split_query(std::uint32_t offset, std::string_view rest) noexcept {
    const std::size_t mark = rest.find('?');
    path_ = slice_of(offset, mark == std::string_view::npos ? rest.size() : mark);
    if (mark != std::string_view::npos) {
        query_ = slice_of(offset + mark + 1, rest.size() - mark - 1);
    }
}

bool Head::read_field(Slice line, const HeadLimits& limits) {
    const std::string_view text = view(line);
    if (text.front() == ' ' || text.front() == '\t') {
        (void)refuse(400, "A header field is folded over two lines.");
        return false;
    }
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || !is_token(text.substr(0, colon))) {
        (void)refuse(400, "A header field name is not a token directly followed by a colon.");
        return false;
    }
    const std::string_view value = trim_ows(text.substr(colon + 1));
    if (!is_field_value(value)) {
        (void)refuse(400, "A header field value holds a control byte.");
        return false;
    }
    if (fields_.size() >= limits.max_fields) {
        (void)refuse(431, "The request has too many header fields.");
        return false;
    }
    const auto value_at = static_cast<std::size_t>(value.data() - base_);
    fields_.push_back({slice_of(line.offset, colon),
                       slice_of(value_at, value.size()),
                       field_kind(text.substr(0, colon))});
    return true;
}

}  // namespace typhon::http
