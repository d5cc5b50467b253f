#include "gateway/supervisor/app_fingerprint.hpp"

#include <filesystem>
#include <functional>
#include <string_view>

#include <sys/stat.h>

namespace typhon {

namespace {

namespace fs = std::filesystem;

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) noexcept {
    hash ^= value + 0x9e3779b97f4a7c15ULL + (hash << 6U) + (hash >> 2U);
    return hash;
}

std::uint64_t hash_of(const fs::path& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) {
        return 0;
    }
    std::uint64_t hash = std::hash<std::string>{}(path.native());
    hash = mix(hash, info.st_ino);
    hash = mix(hash, static_cast<std::uint64_t>(info.st_size));
    hash = mix(hash, static_cast<std::uint64_t>(info.st_mtim.tv_sec));
    hash = mix(hash, static_cast<std::uint64_t>(info.st_mtim.tv_nsec));
    // A rename over the file keeps the time of the new one; the change time tells even that.
    hash = mix(hash, static_cast<std::uint64_t>(info.st_ctim.tv_sec));
    return mix(hash, static_cast<std::uint64_t>(info.st_ctim.tv_nsec));
}

bool is_left_out(const fs::path& directory) {
    const std::string name = directory.filename().native();
    return name.starts_with('.') || name == "__pycache__";
}

}  // namespace

std::uint64_t app_fingerprint(const std::string& app) {
    std::error_code error;
    fs::recursive_directory_iterator entry(
        app, fs::directory_options::skip_permission_denied, error);
    std::uint64_t sum = 0;  // a sum: the order of directory entries does not matter
    std::size_t seen = 0;
    while (!error && entry != fs::recursive_directory_iterator() && seen++ < kMaxFingerprintFiles) {
        std::error_code ignored;
        if (entry->is_directory(ignored) && is_left_out(entry->path())) {
            entry.disable_recursion_pending();
        } else if (entry->path().extension() == ".py") {
            sum += hash_of(entry->path());
        }
        entry.increment(error);
    }
    return sum;
}

}  // namespace typhon
