// Which static directory a path lies in, and which file there it names. Pure; any thread.
//
// It opens nothing (open_file.hpp) and decides on no condition (conditions.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/options.hpp"
#include "proto/path.hpp"

namespace typhon::http {

inline constexpr std::string_view kIndexFile = "index.html";

class StaticFiles {
public:
    StaticFiles() = default;
    explicit StaticFiles(std::vector<StaticDirectory> directories);

    /// The directory whose prefix `path` has, the longest one; null when there is none.
    [[nodiscard]] const StaticDirectory* find(const proto::PathSegments& path) const noexcept {
        return directories_.empty() ? nullptr : search(path);
    }

private:
    [[nodiscard]] const StaticDirectory* search(const proto::PathSegments& path) const noexcept;

    std::vector<StaticDirectory> directories_;  // longest prefix first
};

/// The file below the directory that `path` names, "css/site.css"; of a path that ends in a
/// slash the index file; "." for the directory itself. None when no file may have that name: an
/// empty segment or one with a slash in it, and names that start with a dot, but for a first
/// ".well-known" (RFC 8615).
[[nodiscard]] std::optional<std::string> file_below(const StaticDirectory& directory,
                                                    const proto::PathSegments& path);

/// The same place with a slash at its end, for Location: "/assets/a%20b/?x=1". Nothing in it can
/// end a line or be taken for another host, whatever `path` holds.
[[nodiscard]] std::string with_slash(const proto::PathSegments& path, std::string_view query);

}  // namespace typhon::http
