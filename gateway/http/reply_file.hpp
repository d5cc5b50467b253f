// A reply of a worker that names a file instead of a body (proto/PROTOCOL.md 5.2). Pure; any
// thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace typhon::http {

struct NamedFile {
    std::string path;    // absolute
    std::string fields;  // a header block: the handler's fields but those that the front writes
};

/// The file that the header block of a reply names; none when it names none or is broken.
[[nodiscard]] std::optional<NamedFile> named_file(std::string_view headers);

/// A place below one of the roots.
struct RootedPath {
    std::string root;
    std::string path;  // relative to it; may still lead out by ".." or a link
};

/// `path` below the first of the `roots` (absolute, without a slash at the end) that it begins
/// with; none when it begins with none.
[[nodiscard]] std::optional<RootedPath> rooted_path(const std::vector<std::string>& roots,
                                                    std::string_view path);

}  // namespace typhon::http
