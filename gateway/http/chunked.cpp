#include "gateway/http/chunked.hpp"

#include <algorithm>

#include "gateway/http/char_class.hpp"

namespace typhon::http {

namespace {

constexpr std::size_t kMaxSizeDigits = 16;
constexpr std::size_t kMaxExtensions = 4096;  // bytes in one body, and one for each 16 of data
constexpr std::size_t kDataForExtension = 16;
constexpr std::size_t kMaxTrailers = 8192;  // bytes

int hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = to_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

bool ChunkedDecoder::refuse(int status, std::string_view text) noexcept {
    fault_ = {status, text};
    return false;
}

ChunkedDecoder::Status ChunkedDecoder::decode(std::string_view& bytes, std::string& out) {
    while (!bytes.empty() && phase_ != Phase::done) {
        if (phase_ == Phase::data) {
            take_data(bytes, out);
            continue;
        }
        if (!step(bytes.front())) {
            return Status::fault;
        }
        bytes.remove_prefix(1);
    }
    return phase_ == Phase::done ? Status::complete : Status::incomplete;
}

void ChunkedDecoder::take_data(std::string_view& bytes, std::string& out) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    out.append(bytes.data(), size);
    bytes.remove_prefix(size);
    left_ -= size;
    if (left_ == 0) {
        phase_ = Phase::data_cr;
    }
}

bool ChunkedDecoder::step(char c) {
    switch (phase_) {
        case Phase::size:
            return step_size(c);
        case Phase::before_extension:
            return step_before_extension(c);
        case Phase::extension:
            return step_extension(c);
        case Phase::size_lf:
            return expect(c, '\n', Phase::data) && begin_data();
        case Phase::data_cr:
            return expect(c, '\r', Phase::data_lf);
        case Phase::data_lf:
            digits_ = 0;
            return expect(c, '\n', Phase::size);
        case Phase::trailer_start:
            return step_trailer_start(c);
        case Phase::trailer_name:
            return step_trailer_name(c);
        case Phase::trailer:
            return step_trailer(c);
        case Phase::trailer_lf:
            return expect(c, '\n', Phase::trailer_start);
        case Phase::end_lf:
            return expect(c, '\n', Phase::done);
        case Phase::data:
        case Phase::done:
            break;
    }
    return false;
}

bool ChunkedDecoder::step_size(char c) {
    const int digit = hex_value(c);
    if (digit >= 0) {
        if (++digits_ > kMaxSizeDigits) {
            return refuse(400, "A chunk size has too many digits.");
        }
        left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
        return true;
    }
    if (digits_ == 0) {
        return refuse(400, "A chunk does not start with its size.");
    }
    if (c == '\r') {
        phase_ = Phase::size_lf;
        return true;
    }
    return step_before_extension(c);
}

/// White space may come before the ';' of an extension, and before nothing else.
bool ChunkedDecoder::step_before_extension(char c) {
    const bool space = c == ' ' || c == '\t';
    if (!space && c != ';') {
        return refuse(400, "A chunk size is not a hexadecimal number.");
    }
    phase_ = space ? Phase::before_extension : Phase::extension;
    return count_extension_byte();
}

/// Extensions that nobody knows are ignored (RFC 9112 section 7.1.1).
bool ChunkedDecoder::step_extension(char c) {
    if (c == '\r') {
        phase_ = Phase::size_lf;
        return true;
    }
    if (has_bit(c, kBadValueBit)) {
        return refuse(400, "A chunk extension holds a control byte.");
    }
    return count_extension_byte();
}

/// A proxy may sign each chunk in an extension: a large body may have more of them than a small
/// one.
bool ChunkedDecoder::count_extension_byte() {
    if (++overhead_ > kMaxExtensions + total_ / kDataForExtension) {
        return refuse(400, "The chunk extensions are too large.");
    }
    return true;
}

bool ChunkedDecoder::step_trailer_start(char c) {
    phase_ = c == '\r' ? Phase::end_lf : Phase::trailer_name;
    return c == '\r' ||
           (c == ':' ? refuse(400, "A trailer field has no name.") : step_trailer_name(c));
}

bool ChunkedDecoder::step_trailer_name(char c) {
    if (c == ':') {
        phase_ = Phase::trailer;
    } else if (!has_bit(c, kTokenBit)) {
        return refuse(400, "A trailer field name is not a token directly followed by a colon.");
    }
    return count_trailer_byte();
}

bool ChunkedDecoder::step_trailer(char c) {
    if (c == '\r') {
        phase_ = Phase::trailer_lf;
        return true;
    }
    if (has_bit(c, kBadValueBit)) {
        return refuse(400, "A trailer field value holds a control byte.");
    }
    return count_trailer_byte();
}

bool ChunkedDecoder::count_trailer_byte() {
    if (++overhead_ > kMaxTrailers) {
        return refuse(431, "The trailer section is too large.");
    }
    return true;
}

bool ChunkedDecoder::expect(char c, char wanted, Phase next) {
    if (c != wanted) {
        return refuse(400, "A chunk does not end where its size says.");
    }
    phase_ = next;
    return true;
}

bool ChunkedDecoder::begin_data() {
    if (left_ == 0) {
        overhead_ = 0;
        phase_ = Phase::trailer_start;
        return true;
    }
    if (left_ > max_body_ - total_) {
        return refuse(413, "The request body is too large.");
    }
    total_ += static_cast<std::size_t>(left_);
    return true;
}

}  // namespace typhon::http
