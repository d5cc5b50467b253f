#include "gateway/http/reply_file.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "gateway/http/char_class.hpp"
#include "proto/codec.hpp"

namespace typhon::http {

namespace {

constexpr std::string_view kFileField = ":file";  // no token, so no handler can set it

/// The front knows these better than a handler.
bool is_written_for_files(std::string_view name) {
    constexpr std::array<std::string_view, 5> kNames{
        "etag", "last-modified", "accept-ranges", "content-range", "x-content-type-options"};
    return std::any_of(kNames.begin(), kNames.end(), [name](std::string_view each) {
        return equals_lower(name, each);
    });
}

}  // namespace

std::optional<NamedFile> named_file(std::string_view headers) {
    NamedFile file;
    std::vector<std::pair<std::string_view, std::string_view>> kept;
    proto::HeaderBlockReader reader(headers);
    std::string_view name;
    std::string_view value;
    while (reader.next(name, value)) {
        if (name == kFileField) {
            file.path = value;
        } else if (!is_written_for_files(name)) {
            kept.emplace_back(name, value);
        }
    }
    if (reader.failed() || file.path.empty()) {
        return std::nullopt;
    }
    proto::HeaderBlockWriter writer(file.fields, kept.size());
    for (const auto& [kept_name, kept_value] : kept) {
        writer.add(kept_name, kept_value);
    }
    return file;
}

std::optional<RootedPath> rooted_path(const std::vector<std::string>& roots,
                                      std::string_view path) {
    if (path.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    for (const std::string& root : roots) {
        const std::string prefix = root == "/" ? root : root + '/';
        if (path.size() > prefix.size() && path.starts_with(prefix)) {
            return RootedPath{root, std::string(path.substr(prefix.size()))};
        }
    }
    return std::nullopt;
}

}  // namespace typhon::http
