#include "gateway/supervisor/app_fingerprint.hpp"

#include <filesystem>

#include "tests/unit/supervisor/fixture.hpp"
#include <doctest/doctest.h>

#include "gateway/supervisor/failure_watch.hpp"

using namespace typhon;
using test::TempDir;

TEST_CASE("AppFingerprint: without an edit it stays the same") {
    const TempDir app;
    app.write("a.py", "1");
    app.write("b.py", "2");
    CHECK(app_fingerprint(app.path()) == app_fingerprint(app.path()));
}

TEST_CASE("AppFingerprint: an edit of equal length in the same second is seen") {
    const TempDir app;
    app.write("a.py", "x = 1");
    const auto before = app_fingerprint(app.path());
    app.write("a.py", "x = 2");
    CHECK(app_fingerprint(app.path()) != before);
}

TEST_CASE("AppFingerprint: new, removed and renamed files are seen, in packages too") {
    const TempDir app;
    std::filesystem::create_directory(app.file("package"));
    app.write("package/a.py", "1");
    const auto one = app_fingerprint(app.path());
    app.write("package/b.py", "2");
    const auto two = app_fingerprint(app.path());
    CHECK(two != one);
    std::filesystem::rename(app.file("package/b.py"), app.file("package/c.py"));
    CHECK(app_fingerprint(app.path()) != two);
    std::filesystem::remove(app.file("package/c.py"));
    CHECK(app_fingerprint(app.path()) == one);
}

TEST_CASE("AppFingerprint: caches, hidden directories and other files do not count") {
    const TempDir app;
    app.write("a.py", "1");
    const auto before = app_fingerprint(app.path());
    for (const char* directory : {"__pycache__", ".git"}) {
        std::filesystem::create_directory(app.file(directory));
        app.write(std::string(directory) + "/x.py", "1");
    }
    app.write("data.csv", "1");
    CHECK(app_fingerprint(app.path()) == before);
}

TEST_CASE("AppFingerprint: a directory that is not there counts as empty") {
    CHECK(app_fingerprint("/nowhere/at/all") == 0);
}

TEST_CASE("FailureWatch: after a failed start an edit makes it try again before the back-off") {
    const TempDir app;
    app.write("a.py", "broken");
    FailureWatch watch(app.path());
    CHECK_FALSE(watch.armed());
    CHECK_FALSE(watch.try_now());
    watch.note_start();
    watch.arm(0.0);
    CHECK(watch.armed());
    app.write("a.py", "good");
    CHECK(test::eventually([&] { return watch.try_now(); }));
    CHECK_FALSE(watch.armed());
}

TEST_CASE("FailureWatch: without an edit the time alone makes it try again") {
    const TempDir app;
    FailureWatch watch(app.path());
    watch.note_start();
    watch.arm(0.0);
    CHECK(watch.retry_after_s() == 1);
    CHECK_FALSE(watch.try_now());
    CHECK(test::eventually([&] { return watch.try_now(); }));
}

TEST_CASE("FailureWatch: once the application starts nothing is due") {
    const TempDir app;
    FailureWatch watch(app.path());
    watch.arm(0.0);
    CHECK_FALSE(watch.due().never());
    watch.clear();
    CHECK(watch.due().never());
}
