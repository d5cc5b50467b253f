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

TEST_CASE("AppFingerprint: caches, hidden directories and virtual environments do not count") {
    const TempDir app;
    app.write("a.py", "1");
    const auto before = app_fingerprint(app.path());
    for (const char* directory : {"__pycache__", ".git", "venv"}) {
        std::filesystem::create_directory(app.file(directory));
        app.write(std::string(directory) + "/x.py", "1");
    }
    CHECK(app_fingerprint(app.path()) != before);
    app.write("venv/pyvenv.cfg", "");
    CHECK(app_fingerprint(app.path()) == before);
}

TEST_CASE("AppFingerprint: hidden files, copies that editors make and other files do not count") {
    const TempDir app;
    app.write("a.py", "1");
    const auto before = app_fingerprint(app.path());
    for (const char* name :
         {".a.py", ".a.py.swp", "a.py~", "#a.py#", "4913", "a.pyc", "data.csv"}) {
        app.write(name, "1");
    }
    std::filesystem::create_symlink("user@host.1234", app.file(".#a.py"));
    CHECK(app_fingerprint(app.path()) == before);
}

TEST_CASE("AppFingerprint: a file that a link leads to counts") {
    const TempDir app;
    const TempDir release;
    release.write("one.py", "1");
    release.write("two.py", "2");
    std::filesystem::create_symlink(release.file("one.py"), app.file("a.py"));
    const auto before = app_fingerprint(app.path());
    std::filesystem::create_symlink(release.file("two.py"), app.file("next"));
    std::filesystem::rename(app.file("next"), app.file("a.py"));
    CHECK(app_fingerprint(app.path()) != before);
}

TEST_CASE("AppFingerprint: the log says which file changed, and how many more") {
    using Files = AppFiles;
    CHECK(describe_changes({}, {}).empty());
    CHECK(describe_changes(Files{{"a.py", 1}}, Files{{"a.py", 1}}).empty());
    CHECK(describe_changes(Files{{"a.py", 1}}, Files{{"a.py", 2}}) == "a.py changed");
    CHECK(describe_changes(Files{}, Files{{"package/a.py", 1}}) == "package/a.py added");
    CHECK(describe_changes(Files{{"a.py", 1}, {"b.py", 1}}, Files{{"b.py", 1}}) == "a.py removed");
    CHECK(describe_changes(Files{{"a.py", 1}, {"b.py", 1}}, Files{{"b.py", 2}, {"c.py", 1}}) ==
          "b.py changed and 2 more");
}

TEST_CASE("AppFingerprint: a directory that is not there counts as empty") {
    CHECK(app_fingerprint("/nowhere/at/all") == 0);
}

TEST_CASE("FailureWatch: after a failed start an edit makes it try again before the back-off") {
    const TempDir app;
    app.write("a.py", "broken");
    FailureWatch watch(app.path());
    CHECK_FALSE(watch.armed());
    CHECK_FALSE((watch.try_now() != FailureWatch::Reason::none));
    watch.note_start();
    watch.arm(0.0);
    CHECK(watch.armed());
    app.write("a.py", "good");
    CHECK(test::eventually([&] { return (watch.try_now() != FailureWatch::Reason::none); }));
    CHECK_FALSE(watch.armed());
}

TEST_CASE("FailureWatch: without an edit the time alone makes it try again") {
    const TempDir app;
    FailureWatch watch(app.path());
    watch.note_start();
    watch.arm(0.0);
    CHECK(watch.retry_after_s() == 1);
    CHECK_FALSE((watch.try_now() != FailureWatch::Reason::none));
    CHECK(test::eventually([&] { return (watch.try_now() != FailureWatch::Reason::none); }));
}

TEST_CASE("FailureWatch: once the application starts nothing is due") {
    const TempDir app;
    FailureWatch watch(app.path());
    watch.arm(0.0);
    CHECK_FALSE(watch.due().never());
    watch.clear();
    CHECK(watch.due().never());
}
