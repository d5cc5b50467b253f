#include "gateway/http/static_files.hpp"

#include <algorithm>
#include <utility>

namespace typhon::http {

namespace {

constexpr std::string_view kWellKnown = ".well-known";
// What a path segment may hold as it is: RFC 3986 section 3.3, pchar.
constexpr std::string_view kPlain =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@";

bool has_prefix(const proto::PathSegments& path, const std::vector<std::string>& prefix) noexcept {
    return path.size() >= prefix.size() &&
           std::equal(prefix.begin(), prefix.end(), path.segments().begin());
}

bool may_name_a_file(std::string_view segment, bool first) noexcept {
    return !segment.empty() && segment.find('/') == std::string_view::npos &&
           (segment.front() != '.' || (first && segment == kWellKnown));
}

void append_segment(std::string& out, std::string_view segment) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    for (const char c : segment) {
        const auto byte = static_cast<std::uint8_t>(c);
        if (kPlain.find(c) != std::string_view::npos) {
            out += c;
        } else {
            out += {'%', kHex[byte >> 4U], kHex[byte & 0xFU]};
        }
    }
}

}  // namespace

StaticFiles::StaticFiles(std::vector<StaticDirectory> directories)
    : directories_(std::move(directories)) {
    std::stable_sort(
        directories_.begin(), directories_.end(), [](const auto& left, const auto& right) {
            return left.prefix.size() > right.prefix.size();
        });
}

const StaticDirectory* StaticFiles::search(const proto::PathSegments& path) const noexcept {
    const auto found =
        std::find_if(directories_.begin(), directories_.end(), [&path](const auto& each) {
            return has_prefix(path, each.prefix);
        });
    return found == directories_.end() ? nullptr : &*found;
}

std::optional<std::string> file_below(const StaticDirectory& directory,
                                      const proto::PathSegments& path) {
    const std::size_t start = directory.prefix.size();
    if (path.size() == start) {
        return ".";
    }
    std::string file;
    for (std::size_t index = start; index < path.size(); ++index) {
        const bool last = index + 1 == path.size();
        const std::string_view segment = path[index].empty() && last ? kIndexFile : path[index];
        if (!may_name_a_file(segment, index == start)) {
            return std::nullopt;
        }
        file += index == start ? "" : "/";
        file += segment;
    }
    return file;
}

std::string with_slash(const proto::PathSegments& path, std::string_view query) {
    std::string location;
    for (const std::string_view segment : path.segments()) {
        location += '/';
        append_segment(location, segment);
    }
    location += '/';
    if (!query.empty()) {
        location += '?';
        location += query;
    }
    return location;
}

}  // namespace typhon::http
