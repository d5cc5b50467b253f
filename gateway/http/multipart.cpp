#include "gateway/http/multipart.hpp"

#include <string>
#include <utility>

#include "gateway/http/char_class.hpp"

namespace typhon::http {

namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

/// The parameter `name` (lower case) of a field value "x; name=value; other="quoted"".
std::string_view parameter(std::string_view value, std::string_view name) noexcept {
    std::size_t end = value.find(';');
    while (end != std::string_view::npos) {
        value = trim_ows(value.substr(end + 1));
        end = value.find(';');
        const std::string_view piece = value.substr(0, end);
        const std::size_t equals = piece.find('=');
        if (equals == std::string_view::npos || !equals_lower(piece.substr(0, equals), name)) {
            continue;
        }
        value.remove_prefix(equals + 1);
        if (!value.empty() && value.front() == '"') {
            return value.substr(1, value.find('"', 1) - 1);
        }
        return trim_ows(piece.substr(equals + 1));
    }
    return {};
}

void read_part_field(std::string_view line, UploadedFile& part) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
        return;
    }
    const std::string_view value = trim_ows(line.substr(colon + 1));
    if (equals_lower(line.substr(0, colon), "content-disposition")) {
        part.name = parameter(value, "name");
        part.filename = parameter(value, "filename");
    } else if (equals_lower(line.substr(0, colon), "content-type")) {
        part.content_type = value;
    }
}

bool has_large_head(std::string_view text) noexcept {
    const std::string_view first = text.substr(0, kMaxPartHead + kHeadEnd.size());
    return text.size() > kMaxPartHead && first.find(kHeadEnd) == std::string_view::npos;
}

/// Reads head and content of one part. False when it has no head.
bool read_part(std::string_view text, UploadedFile& part) {
    const std::size_t head_end = text.find(kHeadEnd);
    if (head_end == std::string_view::npos) {
        return false;
    }
    std::string_view head = text.substr(0, head_end);
    while (!head.empty()) {
        const std::size_t end = head.find("\r\n");
        read_part_field(head.substr(0, end), part);
        head.remove_prefix(end == std::string_view::npos ? head.size() : end + 2);
    }
    part.content = text.substr(head_end + kHeadEnd.size());
    return !part.name.empty();
}

}  // namespace

std::string_view multipart_boundary(std::string_view content_type) noexcept {
    return parameter(content_type, "boundary");
}

Fault parse_multipart(std::string_view body, std::string_view boundary, UploadedFiles& files) {
    if (boundary.empty() || boundary.size() > 70) {
        return {};
    }
    const std::string opening = "--" + std::string(boundary);
    const std::string separator = "\r\n" + opening;
    if (!body.starts_with(opening)) {
        return {};
    }
    body.remove_prefix(opening.size());
    while (body.starts_with("\r\n")) {
        const std::size_t end = body.find(separator, 2);
        if (end == std::string_view::npos) {
            return {};
        }
        if (files.size() == kMaxParts) {
            return {413, "the form has more than 1000 parts"};
        }
        const std::string_view text = body.substr(2, end - 2);
        if (has_large_head(text)) {
            return {413, "a part of the form has a head of more than 8 KiB"};
        }
        UploadedFile part;
        if (!read_part(text, part)) {
            return {};
        }
        std::string name = part.name;
        files.emplace(std::move(name), std::move(part));
        body.remove_prefix(end + separator.size());
    }
    return {};
}

}  // namespace typhon::http
