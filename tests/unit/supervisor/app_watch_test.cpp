#include "gateway/supervisor/app_watch.hpp"

#include <filesystem>
#include <mutex>
#include <vector>

#include "tests/unit/supervisor/fixture.hpp"
#include <doctest/doctest.h>

using namespace typhon;
using test::TempDir;

namespace {

/// What a watch told.
class Told {
public:
    void operator()(const std::string& text) {
        const std::lock_guard lock(mutex_);
        texts_.push_back(text);
    }
    [[nodiscard]] std::vector<std::string> texts() const {
        const std::lock_guard lock(mutex_);
        return texts_;
    }
    /// Waits for one more; what it says.
    [[nodiscard]] std::string next() {
        const std::size_t count = ++waited_for_;
        CHECK(test::eventually([&] { return texts().size() >= count; }));
        return texts().at(count - 1);
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> texts_;
    std::size_t waited_for_ = 0;
};

}  // namespace

TEST_CASE("AppWatch: edits, new and removed files are told, in packages too") {
    const TempDir app;
    app.write("a.py", "1");
    Told told;
    const AppWatch watch(app.path(), std::ref(told));
    std::filesystem::create_directory(app.file("package"));
    app.write("package/b.py", "1");
    CHECK(told.next() == "package/b.py added");
    app.write("a.py", "2");
    CHECK(told.next() == "a.py changed");
    std::filesystem::remove(app.file("package/b.py"));
    CHECK(told.next() == "package/b.py removed");
}

TEST_CASE("AppWatch: a directory that is replaced is told when the new one is there") {
    const TempDir home;
    const std::string app = home.file("app");
    std::filesystem::create_directory(app);
    home.write("app/a.py", "1");
    Told told;
    const AppWatch watch(app, std::ref(told));
    std::filesystem::remove_all(app);
    std::filesystem::create_directory(app);
    home.write("app/b.py", "1");
    CHECK(told.next() == "b.py added and 1 more");
}

TEST_CASE("AppWatch: it ends at once, without waiting for its next look") {
    const TempDir app;
    const auto began = proto::SteadyClock::now();
    for (int round = 0; round < 10; ++round) {
        const AppWatch watch(app.path(), [](const std::string&) {});
    }
    CHECK(proto::SteadyClock::now() - began < 10 * AppWatch::kInterval);
}
