// Notices that the application was edited: a figure over names, sizes and times of its Python
// files. It reads directories and no file. Any thread.
#pragma once

#include <cstdint>
#include <string>

namespace typhon {

/// Changes when a Python file of the directory tree is added, removed, renamed or written, also
/// within the same second. Hidden directories and caches are left out. Blocks while it reads the
/// directories, at most kMaxFingerprintFiles entries; a directory that cannot be read counts as
/// empty.
[[nodiscard]] std::uint64_t app_fingerprint(const std::string& app);

inline constexpr std::size_t kMaxFingerprintFiles = 20'000;

}  // namespace typhon
