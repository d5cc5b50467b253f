// Notices that the application was edited: a figure for each of its Python files over name, size
// and times. It reads directories and no file. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace typhon {

/// The Python files of an application, by their path below its directory, with a figure for each
/// that changes when the file is written or another is put in its place.
using AppFiles = std::map<std::string, std::uint64_t>;

inline constexpr std::size_t kMaxFingerprintFiles = 20'000;

/// Looks at the whole directory tree. Left out are hidden files and directories, caches, virtual
/// environments, and what is no `.py` file, such as the copies that editors make. Blocks while it
/// reads the directories, at most kMaxFingerprintFiles entries; a directory that cannot be read
/// counts as empty.
[[nodiscard]] AppFiles scan_app(const std::string& app);

/// One figure for all of them: changes when a file is added, removed, renamed or written, also
/// within the same second.
[[nodiscard]] std::uint64_t fingerprint(const AppFiles& files) noexcept;

/// The figure of what is there now. Blocks as scan_app() does.
[[nodiscard]] std::uint64_t app_fingerprint(const std::string& app);

/// What happened between two looks, for the log: "a.py changed", "a.py added and 2 more changes".
/// Empty when nothing did.
[[nodiscard]] std::string describe_changes(const AppFiles& before, const AppFiles& after);

}  // namespace typhon
