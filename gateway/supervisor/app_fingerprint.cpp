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

bool is_hidden(const fs::path& path) {
    return path.filename().native().starts_with('.');
}

bool is_left_out(const fs::path& directory) {
    std::error_code ignored;
    return is_hidden(directory) || directory.filename() == "__pycache__" ||
           fs::exists(directory / "pyvenv.cfg", ignored);
}

}  // namespace

AppFiles scan_app(const std::string& app) {
    std::error_code error;
    fs::recursive_directory_iterator entry(
        app, fs::directory_options::skip_permission_denied, error);
    AppFiles files;
    std::size_t seen = 0;
    while (!error && entry != fs::recursive_directory_iterator() && seen++ < kMaxFingerprintFiles) {
        const fs::path& path = entry->path();
        std::error_code ignored;
        if (path.extension() == ".py" && !is_hidden(path)) {
            files.emplace(path.lexically_relative(app).native(), hash_of(path));
        } else if (entry->is_directory(ignored) && is_left_out(path)) {
            entry.disable_recursion_pending();
        }
        entry.increment(error);
    }
    return files;
}

std::uint64_t fingerprint(const AppFiles& files) noexcept {
    std::uint64_t sum = 0;
    for (const auto& [name, hash] : files) {
        sum = mix(sum, hash);
    }
    return sum;
}

std::uint64_t app_fingerprint(const std::string& app) {
    return fingerprint(scan_app(app));
}

std::string describe_changes(const AppFiles& before, const AppFiles& after) {
    std::string first;
    std::size_t count = 0;
    const auto note = [&](const std::string& name, std::string_view what) {
        if (count++ == 0) {
            first = name + " " + std::string(what);
        }
    };
    for (const auto& [name, hash] : after) {
        const auto old = before.find(name);
        if (old == before.end()) {
            note(name, "added");
        } else if (old->second != hash) {
            note(name, "changed");
        }
    }
    for (const auto& [name, hash] : before) {
        if (!after.contains(name)) {
            note(name, "removed");
        }
    }
    if (count > 1) {
        first += " and " + std::to_string(count - 1) + " more";
    }
    return first;
}

}  // namespace typhon
