#include "gateway/access/access_log.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "gateway/access/log_file.hpp"

using namespace typhon::access;
namespace fs = std::filesystem;

namespace {

/// A directory of its own, removed at the end.
class Directory {
public:
    Directory() {
        std::string name = (fs::temp_directory_path() / "access-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~Directory() { fs::remove_all(path_); }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    Directory(Directory&&) = delete;
    Directory& operator=(Directory&&) = delete;

    [[nodiscard]] std::string operator/(const char* name) const { return (path_ / name).string(); }

private:
    fs::path path_;
};

std::string contents(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

bool eventually(const std::function<bool()>& condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > limit) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

}  // namespace

TEST_CASE(
    "AccessLog: lines of several threads arrive whole, and what waits is written at the end") {
    const Directory directory;
    const std::string path = directory / "access.log";
    constexpr int kEach = 2000;
    {
        AccessLog log({Form::text, path});
        std::vector<std::thread> threads;
        for (const char letter : {'a', 'b', 'c'}) {
            threads.emplace_back([&log, letter] {
                for (int count = 0; count < kEach; ++count) {
                    log.append(std::string(100, letter) + '\n');
                }
            });
        }
        for (auto& thread : threads) {
            thread.join();
        }
    }
    std::istringstream lines(contents(path));
    std::string line;
    int count = 0;
    while (std::getline(lines, line)) {
        ++count;
        CHECK(line == std::string(100, line.front()));
    }
    CHECK(count == 3 * kEach);
    struct stat facts {};
    REQUIRE(::stat(path.c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0137U) == 0);  // nobody else, and not to be run
}

TEST_CASE("AccessLog: after a rename and a reopen lines go to a new file") {
    const Directory directory;
    const std::string path = directory / "access.log";
    AccessLog log({Form::text, path});
    log.append("one\n");
    fs::rename(path, directory / "old");
    log.reopen();
    REQUIRE(eventually([&] { return fs::exists(path); }));
    log.append("two\n");
    CHECK(eventually([&] { return contents(path) == "two\n"; }));
    CHECK(contents(directory / "old") == "one\n");
}

TEST_CASE("AccessLog: a file that cannot be opened again leaves the old one in use") {
    const Directory directory;
    fs::create_directory(directory / "sub");
    AccessLog log({Form::text, directory / "sub/access.log"});
    fs::rename(directory / "sub", directory / "moved");
    log.reopen();
    log.append("still here\n");
    CHECK(eventually([&] { return contents(directory / "moved/access.log") == "still here\n"; }));
}

TEST_CASE("AccessLog: a full disk loses lines, which are counted") {
    AccessLog log({Form::text, "/dev/full"});
    log.append("one\n");
    log.append("two\n");
    CHECK(eventually([&] { return log.figures().lost == 2; }));
    CHECK(log.figures().written == 0);
}

TEST_CASE("AccessLog: a pipe that nobody empties loses what finds no room, and stops nobody") {
    const Directory directory;
    const std::string path = directory / "pipe";
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    (void)std::signal(SIGPIPE, SIG_IGN);
    const std::fstream reader(path);  // both ends, so that opening does not wait
    const auto start = std::chrono::steady_clock::now();
    {
        AccessLog log({Form::text, path});
        const std::string line = std::string(1023, 'x') + '\n';
        while (log.figures().lost < 10) {
            log.append(line);
        }
    }
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));
}

TEST_CASE("LogFile: a line that broke off does not swallow the next one") {
    const Directory directory;
    const std::string path = directory / "access.log";
    LogFile file(path);
    CHECK(file.write("broken").empty());
    CHECK(file.write("whole\n").empty());
    CHECK(contents(path) == "broken\nwhole\n");
}

TEST_CASE("LogFile: a directory that is not there is told in one sentence") {
    CHECK_THROWS_WITH_AS(LogFile("/nowhere/access.log"),
                         "the access log /nowhere/access.log cannot be opened: No such file or "
                         "directory",
                         OpenError);
}
