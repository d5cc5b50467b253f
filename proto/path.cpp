#include "proto/path.hpp"

#include <cstddef>

#include "proto/limits.hpp"

namespace typhon::proto {

namespace {

// The value of one hex digit, or -1.
int hex_value(char digit) noexcept {
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    if (digit >= 'A' && digit <= 'F') {
        return digit - 'A' + 10;
    }
    return -1;
}

// The byte that the escape at `index` stands for, or -1 when it is no escape.
int escaped_byte(std::string_view text, std::size_t index) noexcept {
    if (index + 2 >= text.size()) {
        return -1;
    }
    const int high = hex_value(text[index + 1]);
    const int low = hex_value(text[index + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// Appends `segment` decoded to `out`.
PathFault decode_segment(std::string_view segment, std::string& out) {
    for (std::size_t index = 0; index < segment.size(); ++index) {
        if (segment[index] != '%') {
            out.push_back(segment[index]);
            continue;
        }
        const int byte = escaped_byte(segment, index);
        if (byte < 0) {
            return PathFault::bad_escape;
        }
        if (byte == 0) {
            return PathFault::nul;
        }
        out.push_back(static_cast<char>(byte));
        index += 2;
    }
    return PathFault::none;
}

// Cuts the first segment off `rest`; `last` says that nothing follows it.
std::string_view cut_segment(std::string_view& rest, bool& last) noexcept {
    const std::size_t slash = rest.find('/');
    last = slash == std::string_view::npos;
    const std::string_view segment = rest.substr(0, slash);
    rest.remove_prefix(last ? rest.size() : slash + 1);
    return segment;
}

}  // namespace

PathFault PathSegments::parse(std::string_view raw) {
    segments_.clear();
    plain_ = true;
    if (raw.empty() || raw.front() != '/') {
        return PathFault::no_leading_slash;
    }
    if (raw.find('\0') != std::string_view::npos) {
        return PathFault::nul;
    }
    const bool views_only =
        raw.find('%') == std::string_view::npos && raw.find("/.") == std::string_view::npos;
    const PathFault fault = views_only ? split(raw.substr(1)) : decode(raw.substr(1));
    if (fault != PathFault::none) {
        segments_.clear();
    }
    return fault;
}

PathFault PathSegments::split(std::string_view rest) {
    for (bool last = false; !last;) {
        if (segments_.size() == kMaxPathSegments) {
            return PathFault::too_many_segments;
        }
        segments_.push_back(cut_segment(rest, last));
    }
    return PathFault::none;
}

PathFault PathSegments::decode(std::string_view rest) {
    decoded_.clear();
    decoded_.reserve(rest.size());  // views into it must stay valid while it grows
    for (bool last = false; !last;) {
        std::string_view segment = cut_segment(rest, last);
        if (segment.find('%') != std::string_view::npos) {
            plain_ = false;
            const std::size_t start = decoded_.size();
            if (const PathFault fault = decode_segment(segment, decoded_);
                fault != PathFault::none) {
                return fault;
            }
            segment = std::string_view(decoded_).substr(start);
        }
        if (const PathFault fault = add(segment, last); fault != PathFault::none) {
            return fault;
        }
    }
    return PathFault::none;
}

// RFC 3986, section 5.2.4, but that a path which climbs above the root is refused.
PathFault PathSegments::add(std::string_view segment, bool last) {
    const bool up = segment == "..";
    if (up || segment == ".") {
        plain_ = false;
        if (up && segments_.empty()) {
            return PathFault::above_root;
        }
        if (up) {
            segments_.pop_back();
        }
        if (!last) {
            return PathFault::none;
        }
        segment = {};
    }
    if (segments_.size() == kMaxPathSegments) {
        return PathFault::too_many_segments;
    }
    segments_.push_back(segment);
    return PathFault::none;
}

std::string percent_decode(std::string_view raw, bool plus) {
    std::string text;
    text.reserve(raw.size());
    for (std::size_t index = 0; index < raw.size(); ++index) {
        const char character = raw[index];
        if (character == '+' && plus) {
            text.push_back(' ');
            continue;
        }
        const int byte = character == '%' ? escaped_byte(raw, index) : -1;
        if (byte < 0) {
            text.push_back(character);
        } else {
            text.push_back(static_cast<char>(byte));
            index += 2;
        }
    }
    return text;
}

std::string_view path_fault_text(PathFault fault) noexcept {
    switch (fault) {
        case PathFault::none:
            return "the path is valid";
        case PathFault::no_leading_slash:
            return "the path does not start with '/'";
        case PathFault::bad_escape:
            return "the path has a '%' that is not followed by two hex digits";
        case PathFault::nul:
            return "the path holds a NUL byte";
        case PathFault::above_root:
            return "the path climbs above the root";
        case PathFault::too_many_segments:
            return "the path has too many segments";
    }
    return "the path is not valid";
}

}  // namespace typhon::proto
