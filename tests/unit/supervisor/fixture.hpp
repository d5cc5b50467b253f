// What the tests of the supervisor share: a temporary directory, waiting with a deadline, and a
// count of what this process holds.
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include <stdlib.h>  // mkdtemp

#include "proto/deadline.hpp"

namespace typhon::test {

inline constexpr std::chrono::milliseconds kPatience{20'000};

class TempDir {
public:
    TempDir() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "typhon-test-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~TempDir() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    TempDir(TempDir&&) = delete;
    TempDir& operator=(TempDir&&) = delete;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

    void write(const std::string& name, const std::string& text) const {
        const std::string half = file(name) + ".new";
        std::ofstream(half) << text;
        std::filesystem::rename(half, file(name));
    }
    [[nodiscard]] std::string read(const std::string& name) const {
        std::ostringstream text;
        text << std::ifstream(file(name)).rdbuf();
        return text.str();
    }

private:
    std::string path_;
};

/// An environment variable for as long as this lives.
class Variable {
public:
    Variable(std::string name, const std::string& value) : name_(std::move(name)) {
        ::setenv(name_.c_str(), value.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    }
    ~Variable() { ::unsetenv(name_.c_str()); }  // NOLINT(concurrency-mt-unsafe)
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;
    Variable(Variable&&) = delete;
    Variable& operator=(Variable&&) = delete;

private:
    std::string name_;
};

/// Waits until `condition()` holds; false when it does not within kPatience.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition) {
    const auto deadline = proto::Deadline::after(kPatience);
    while (!condition()) {
        if (deadline.passed()) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return true;
}

[[nodiscard]] inline std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry :
         std::filesystem::directory_iterator("/proc/self/fd")) {
        ++count;
    }
    return count;
}

}  // namespace typhon::test
