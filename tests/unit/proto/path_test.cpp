#include "proto/path.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "proto/limits.hpp"

using namespace typhon::proto;

namespace {

using Texts = std::vector<std::string>;

Texts split(std::string_view raw) {
    PathSegments path;
    REQUIRE(path.parse(raw) == PathFault::none);
    return {path.segments().begin(), path.segments().end()};
}

PathFault fault(std::string_view raw) {
    PathSegments path;
    const PathFault result = path.parse(raw);
    CHECK((result == PathFault::none || path.size() == 0));
    return result;
}

bool plain(std::string_view raw) {
    PathSegments path;
    REQUIRE(path.parse(raw) == PathFault::none);
    return path.plain();
}

}  // namespace

TEST_CASE("Path: segments lie between slashes, empty ones included") {
    CHECK(split("/") == Texts{""});
    CHECK(split("/a") == Texts{"a"});
    CHECK(split("/a/b") == Texts{"a", "b"});
    CHECK(split("/a/") == Texts{"a", ""});
    CHECK(split("//a") == Texts{"", "a"});
    CHECK(split("/a//b/") == Texts{"a", "", "b", ""});
}

TEST_CASE("Path: an escape is decoded once and an encoded slash is data in its segment") {
    CHECK(split("/caf%C3%A9") == Texts{"caf\xC3\xA9"});
    CHECK(split("/a%20b/%41%61") == Texts{"a b", "Aa"});
    CHECK(split("/a%2Fb/c") == Texts{"a/b", "c"});
    CHECK(split("/%252e") == Texts{"%2e"});
    CHECK(split("/a+b") == Texts{"a+b"});
    CHECK(split("/%ff") == Texts{"\xFF"});
}

TEST_CASE("Path: dot segments are resolved as RFC 3986 section 5.2.4 says") {
    CHECK(split("/a/./b") == Texts{"a", "b"});
    CHECK(split("/a/b/../c") == Texts{"a", "c"});
    CHECK(split("/a/b/..") == Texts{"a", ""});
    CHECK(split("/a/.") == Texts{"a", ""});
    CHECK(split("/.") == Texts{""});
    CHECK(split("/a/..") == Texts{""});
    CHECK(split("/a//..") == Texts{"a", ""});
    CHECK(split("/a/b/c/./../../g") == Texts{"a", "g"});
}

TEST_CASE("Path: an escaped dot segment is a dot segment") {
    CHECK(split("/a/%2e%2E/b") == Texts{"b"});
    CHECK(split("/a/.%2e/b") == Texts{"b"});
    CHECK(split("/%2e/b") == Texts{"b"});
    CHECK(split("/a%2F../b") == Texts{"a/..", "b"});
}

TEST_CASE("Path: names that only start with dots are names") {
    CHECK(split("/.well-known/x") == Texts{".well-known", "x"});
    CHECK(split("/...") == Texts{"..."});
    CHECK(split("/a/..b/.c") == Texts{"a", "..b", ".c"});
}

TEST_CASE("Path: climbing above the root is refused, encoded or not") {
    CHECK(fault("/..") == PathFault::above_root);
    CHECK(fault("/../a") == PathFault::above_root);
    CHECK(fault("/a/../..") == PathFault::above_root);
    CHECK(fault("/a/../../b") == PathFault::above_root);
    CHECK(fault("/%2e%2e/a") == PathFault::above_root);
    CHECK(fault("/./..") == PathFault::above_root);
}

TEST_CASE("Path: what is no path is refused") {
    CHECK(fault("") == PathFault::no_leading_slash);
    CHECK(fault("a/b") == PathFault::no_leading_slash);
    CHECK(fault("*") == PathFault::no_leading_slash);
    CHECK(fault("/%") == PathFault::bad_escape);
    CHECK(fault("/%4") == PathFault::bad_escape);
    CHECK(fault("/%4/a") == PathFault::bad_escape);
    CHECK(fault("/%zz") == PathFault::bad_escape);
    CHECK(fault("/%-1") == PathFault::bad_escape);
    CHECK(fault("/a%00b") == PathFault::nul);
    CHECK(fault(std::string_view("/a\0b", 4)) == PathFault::nul);
}

TEST_CASE("Path: an escape never reaches over a slash") {
    CHECK(fault("/a%2/fb") == PathFault::bad_escape);
}

TEST_CASE("Path: the number of segments is bounded on both ways of parsing") {
    std::string raw;
    for (std::size_t index = 0; index < kMaxPathSegments; ++index) {
        raw += "/a";
    }
    CHECK(fault(raw) == PathFault::none);
    CHECK(fault(raw + "/a") == PathFault::too_many_segments);
    CHECK(fault(raw + "/%61") == PathFault::too_many_segments);
    CHECK(fault(raw + "/..") == PathFault::none);
}

TEST_CASE("Path: plain means that raw text equals decoded text") {
    CHECK(plain("/a/b"));
    CHECK(plain("/a//b/"));
    CHECK(plain("/.well-known/..x"));
    CHECK_FALSE(plain("/a%20b"));
    CHECK_FALSE(plain("/%61"));
    CHECK_FALSE(plain("/a/./b"));
    CHECK_FALSE(plain("/a/b/.."));
}

TEST_CASE("Path: an object may be used again, after a fault too") {
    PathSegments path;
    REQUIRE(path.parse("/a%20b/c") == PathFault::none);
    CHECK_FALSE(path.plain());
    REQUIRE(path.parse("/%") == PathFault::bad_escape);
    REQUIRE(path.parse("/x/y/z") == PathFault::none);
    CHECK(path.plain());
    CHECK(path.size() == 3);
    CHECK(path[2] == "z");
}

TEST_CASE("Path: views of many decoded segments stay valid to the end") {
    std::string raw;
    for (int index = 0; index < 200; ++index) {
        raw += "/%61%62%63";
    }
    for (const std::string& segment : split(raw)) {
        CHECK(segment == "abc");
    }
}

TEST_CASE(
    "Path: every text of a small alphabet parses to segments or a fault, never a dot segment") {
    constexpr std::string_view kAlphabet = "/.%2eEaF0";
    PathSegments path;
    for (std::size_t number = 0; number < 531441; number += 7) {  // 9^6
        std::string raw = "/";
        for (std::size_t rest = number; rest > 0; rest /= kAlphabet.size()) {
            raw += kAlphabet[rest % kAlphabet.size()];
        }
        if (path.parse(raw) != PathFault::none) {
            REQUIRE(path.size() == 0);
            continue;
        }
        REQUIRE(path.size() > 0);
        for (const std::string_view segment : path.segments()) {
            REQUIRE(segment != "..");
            REQUIRE(segment != ".");
        }
    }
}

TEST_CASE("percent_decode: decodes escapes, keeps bad ones, and takes plus as asked") {
    CHECK(percent_decode("a%20b+c", false) == "a b+c");
    CHECK(percent_decode("a%20b+c", true) == "a b c");
    CHECK(percent_decode("%2B", true) == "+");
    CHECK(percent_decode("100%", false) == "100%");
    CHECK(percent_decode("%4", false) == "%4");
    CHECK(percent_decode("%zz%41", false) == "%zzA");
    CHECK(percent_decode("%%41", false) == "%A");
    CHECK(percent_decode("%00", false) == std::string(1, '\0'));
    CHECK(percent_decode("", true).empty());
}

TEST_CASE("Path: each fault has a sentence") {
    for (int fault_number = 0; fault_number <= static_cast<int>(PathFault::too_many_segments);
         ++fault_number) {
        CHECK_FALSE(path_fault_text(static_cast<PathFault>(fault_number)).empty());
    }
    CHECK(path_fault_text(PathFault::nul) == "the path holds a NUL byte");
}
