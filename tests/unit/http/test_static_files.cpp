#include <filesystem>
#include <string>
#include <vector>

#include "tests/unit/supervisor/fixture.hpp"
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/http/open_file.hpp"
#include "gateway/http/static_files.hpp"

using namespace typhon;
using namespace typhon::http;
namespace fs = std::filesystem;

namespace {

proto::PathSegments path_of(std::string_view raw) {
    proto::PathSegments path;
    REQUIRE(path.parse(raw) == proto::PathFault::none);
    return path;
}

/// The file that `raw` names below /assets; "refused" when it names none.
std::string below(const std::string& raw) {
    const StaticDirectory assets{{"assets"}, "/srv"};
    return file_below(assets, path_of(raw)).value_or("refused");
}

std::string location(const std::string& raw, std::string_view query = "") {
    return with_slash(path_of(raw), query);
}

/// A directory with what an attacker would like to read beside it.
struct Tree {
    Tree() {
        fs::create_directories(dir.file("root/sub"));
        dir.write("secret", "secret");
        dir.write("root/page", "page");
        dir.write("root/sub/deep", "deep");
        fs::create_symlink("page", dir.file("root/inside"));
        fs::create_symlink("../page", dir.file("root/sub/up"));
        fs::create_symlink("../secret", dir.file("root/outside"));
        fs::create_symlink(dir.file("secret"), dir.file("root/absolute"));
        fs::create_symlink("..", dir.file("root/parent"));
        fs::create_symlink("loop", dir.file("root/loop"));
        fs::create_symlink("/proc/self/root/etc/passwd", dir.file("root/magic"));
        ::mkfifo(dir.file("root/fifo").c_str(), 0600);
    }
    OpenOutcome open(const std::string& path) { return open_beneath(dir.file("root"), path, file); }

    test::TempDir dir;
    OpenFile file;
};

}  // namespace

TEST_CASE("StaticFiles: the longest prefix that a path has") {
    using Directories = std::vector<StaticDirectory>;
    const StaticFiles files(Directories{{{}, "/root"}, {{"a"}, "/a"}, {{"a", "b"}, "/ab"}});
    CHECK(files.find(path_of("/a/b/c"))->directory == "/ab");
    CHECK(files.find(path_of("/a/b"))->directory == "/ab");
    CHECK(files.find(path_of("/a/bc"))->directory == "/a");
    CHECK(files.find(path_of("/ab"))->directory == "/root");
    CHECK(files.find(path_of("/"))->directory == "/root");
    CHECK(files.find(path_of("/x/../a/y"))->directory == "/a");
    const StaticFiles one(Directories{{{"a"}, "/a"}});
    CHECK(one.find(path_of("/b")) == nullptr);
    CHECK(one.find(path_of("/")) == nullptr);
    CHECK(StaticFiles().find(path_of("/a")) == nullptr);
}

TEST_CASE("StaticFiles: the file that a path names") {
    CHECK(below("/assets/css/site.css") == "css/site.css");
    CHECK(below("/assets/a%20b.txt") == "a b.txt");
    CHECK(below("/assets") == ".");
    CHECK(below("/assets/") == "index.html");
    CHECK(below("/assets/sub/") == "sub/index.html");
    CHECK(below("/assets/x/../y") == "y");
    CHECK(below("/assets/.well-known/security.txt") == ".well-known/security.txt");
}

TEST_CASE("StaticFiles: names that no file may have") {
    for (const char* raw : {"/assets//",
                            "/assets//x",
                            "/assets/a//b",
                            "/assets/.git/config",
                            "/assets/a/.env",
                            "/assets/a%2F.env",
                            "/assets/a%2fb",
                            "/assets/%2e%2e%2fsecret",
                            "/assets/%2Fetc/passwd",
                            "/assets/..%2f..%2fsecret",
                            "/assets/%2e%2e%2f",
                            "/assets/a/.well-known/x",
                            "/assets/...",
                            "/assets/.%2e%2f"}) {
        CAPTURE(raw);
        CHECK(below(raw) == "refused");
    }
}

TEST_CASE("StaticFiles: a redirect target stays on this host and in its line") {
    CHECK(location("/assets") == "/assets/");
    CHECK(location("/a/b", "x=1&y") == "/a/b/?x=1&y");
    CHECK(location("/a%20b") == "/a%20b/");
    CHECK(location("/a%0d%0aSet-Cookie:%20x") == "/a%0D%0ASet-Cookie:%20x/");
    CHECK(location("/%5Cevil.example") == "/%5Cevil.example/");
    CHECK(location("/\\evil.example") == "/%5Cevil.example/");
    CHECK(location("/a%3Fb%23c") == "/a%3Fb%23c/");
    CHECK(location("/%C3%A9%ff") == "/%C3%A9%FF/");
}

TEST_CASE("OpenFile: files beneath the directory, symbolic links as far as they stay there") {
    Tree tree;
    CHECK(tree.open("page") == OpenOutcome::opened);
    CHECK(tree.file.size == 4);
    CHECK(tree.file.fd.valid());
    CHECK(tree.open("sub/deep") == OpenOutcome::opened);
    CHECK(tree.open("inside") == OpenOutcome::opened);
    CHECK(tree.open("sub/up") == OpenOutcome::opened);
    CHECK(tree.open("sub") == OpenOutcome::directory);
    CHECK(tree.open(".") == OpenOutcome::directory);
}

TEST_CASE("OpenFile: nothing outside, nothing that is no file") {
    Tree tree;
    for (const char* path : {"outside",
                             "absolute",
                             "../secret",
                             "sub/../../secret",
                             "parent/secret",
                             "/etc/passwd",
                             "magic",
                             "loop",
                             "fifo",
                             "nowhere",
                             "page/x",
                             ""}) {
        CAPTURE(path);
        CHECK(tree.open(path) == OpenOutcome::missing);
        CHECK_FALSE(tree.file.fd.valid());
    }
    CHECK(tree.open(std::string(300, 'x')) == OpenOutcome::missing);
    CHECK(tree.open(std::string(5000, '/') + "x") == OpenOutcome::missing);
}

TEST_CASE("OpenFile: the directory may be a link, and may be replaced while the gateway runs") {
    Tree tree;
    const std::string link = tree.dir.file("current");
    fs::create_directory_symlink("root", link);
    CHECK(open_beneath(link, "page", tree.file) == OpenOutcome::opened);
    fs::rename(tree.dir.file("root"), tree.dir.file("old"));
    CHECK(open_beneath(link, "page", tree.file) == OpenOutcome::missing);
    fs::create_directory(tree.dir.file("root"));
    tree.dir.write("root/page", "new page");
    CHECK(open_beneath(link, "page", tree.file) == OpenOutcome::opened);
    CHECK(tree.file.size == 8);
}

TEST_CASE("OpenFile: what this process may not read" * doctest::skip(::geteuid() == 0)) {
    Tree tree;
    ::chmod(tree.dir.file("root/page").c_str(), 0);
    CHECK(tree.open("page") == OpenOutcome::forbidden);
}
