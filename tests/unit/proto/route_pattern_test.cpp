#include "proto/route_pattern.hpp"

#include <optional>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "proto/limits.hpp"

using namespace typhon::proto;

namespace {

// The values that `pattern` takes from `raw`; nothing when it does not match.
std::optional<std::vector<ParamValue>> values(std::string_view pattern, std::string_view raw) {
    const RoutePattern route(pattern);
    PathSegments path;
    REQUIRE(path.parse(raw) == PathFault::none);
    Params params;
    if (!route.match(path, params)) {
        CHECK(params.empty());
        return std::nullopt;
    }
    std::vector<ParamValue> result;
    for (Param& param : params) {
        result.push_back(std::move(param.value));
    }
    return result;
}

bool matches(std::string_view pattern, std::string_view raw) {
    return values(pattern, raw).has_value();
}

template <class Value>
Value only(std::string_view pattern, std::string_view raw) {
    const auto found = values(pattern, raw);
    REQUIRE(found);
    REQUIRE(found->size() == 1);
    REQUIRE(std::holds_alternative<Value>(found->front()));
    return std::get<Value>(found->front());
}

// The sentence with which `pattern` is refused.
std::string refusal(std::string_view pattern) {
    try {
        const RoutePattern route(pattern);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "";
}

bool says(std::string_view pattern, std::string_view words) {
    return refusal(pattern).find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("RoutePattern: literals are literal, whatever characters they have") {
    CHECK(matches("/a.b", "/a.b"));
    CHECK_FALSE(matches("/a.b", "/axb"));
    CHECK(matches("/a+(b)*[c]", "/a+(b)*[c]"));
    CHECK_FALSE(matches("/a*", "/aa"));
    CHECK(matches("/", "/"));
    CHECK_FALSE(matches("/", "/a"));
    CHECK_FALSE(matches("/a", "/A"));
}

TEST_CASE("RoutePattern: a literal is compared with the decoded path") {
    CHECK(matches("/caf\xC3\xA9", "/caf%C3%A9"));
    CHECK(matches("/what?", "/what%3F"));
    CHECK(matches("/100%", "/100%25"));
    CHECK_FALSE(matches("/a/b", "/a%2Fb"));
}

TEST_CASE("RoutePattern: a trailing slash is part of the path") {
    CHECK_FALSE(matches("/a", "/a/"));
    CHECK_FALSE(matches("/a/", "/a"));
    CHECK(matches("/a/", "/a/"));
}

TEST_CASE("RoutePattern: int takes up to 18 digits and nothing else") {
    CHECK(only<std::int64_t>("/u/<int:id>", "/u/42") == 42);
    CHECK(only<std::int64_t>("/u/<int:id>", "/u/007") == 7);
    CHECK(only<std::int64_t>("/u/<int:id>", "/u/999999999999999999") == 999999999999999999);
    for (const char* path : {"/u/-5",
                             "/u/+5",
                             "/u/",
                             "/u/1.0",
                             "/u/4x",
                             "/u/x",
                             "/u/1e3",
                             "/u/0x1",
                             "/u/1%20",
                             "/u/1000000000000000000",
                             "/u/4/2",
                             "/u"}) {
        CHECK_FALSE(matches("/u/<int:id>", path));
    }
}

TEST_CASE("RoutePattern: float takes digits with or without a fraction") {
    CHECK(only<double>("/f/<float:x>", "/f/2.5") == 2.5);
    CHECK(only<double>("/f/<float:x>", "/f/3") == 3.0);
    CHECK(only<double>("/f/<float:x>", "/f/0.125") == 0.125);
    for (const char* path :
         {"/f/-1.0", "/f/.5", "/f/5.", "/f/1.2.3", "/f/1e5", "/f/nan", "/f/inf", "/f/"}) {
        CHECK_FALSE(matches("/f/<float:x>", path));
    }
    CHECK_FALSE(matches("/f/<float:x>", "/f/" + std::string(400, '9')));
}

TEST_CASE("RoutePattern: str takes one segment that is not empty, decoded") {
    CHECK(only<std::string>("/i/<name>", "/i/widget") == "widget");
    CHECK(only<std::string>("/i/<str:name>", "/i/caf%C3%A9%20%2F") == "caf\xC3\xA9 /");
    CHECK_FALSE(matches("/i/<name>", "/i/"));
    CHECK_FALSE(matches("/i/<name>", "/i/a/b"));
}

TEST_CASE("RoutePattern: uuid takes the text form in any case and gives lower case") {
    const std::string wanted = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    CHECK(only<std::string>("/<uuid:id>", "/" + wanted) == wanted);
    CHECK(only<std::string>("/<uuid:id>", "/6BA7B810-9DAD-11D1-80B4-00C04FD430C8") == wanted);
    for (const char* path : {"/6ba7b810-9dad-11d1-80b4-00c04fd430c",
                             "/6ba7b8109dad11d180b400c04fd430c8",
                             "/6ba7b810-9dad-11d1-80b4-00c04fd430cg",
                             "/6ba7b810_9dad-11d1-80b4-00c04fd430c8",
                             "/6ba7b810-9dad-11d1-80b40-0c04fd430c8",
                             "/"}) {
        CHECK_FALSE(matches("/<uuid:id>", path));
    }
}

TEST_CASE("RoutePattern: path takes the rest, one segment or more") {
    CHECK(only<std::string>("/s/<path:file>", "/s/a") == "a");
    CHECK(only<std::string>("/s/<path:file>", "/s/a/b/c.txt") == "a/b/c.txt");
    CHECK(only<std::string>("/s/<path:file>", "/s/a%20b/") == "a b/");
    CHECK(only<std::string>("/s/<path:file>", "/s/a//b") == "a//b");
    CHECK_FALSE(matches("/s/<path:file>", "/s"));
    CHECK_FALSE(matches("/s/<path:file>", "/s/"));
}

TEST_CASE("RoutePattern: path never gives a text that leaves a directory") {
    for (const char* path : {"/s//etc/passwd",
                             "/s/%2Fetc/passwd",
                             "/s/..%2F..%2Fetc",
                             "/s/a/%2e%2e%2Fb",
                             "/s/a%2Fb"}) {
        CHECK_FALSE(matches("/s/<path:file>", path));
    }
}

TEST_CASE("RoutePattern: several parameters come in order with their names") {
    const RoutePattern route("/a/<int:x>/b/<y>/<path:z>");
    PathSegments path;
    REQUIRE(path.parse("/a/1/b/two/3/4") == PathFault::none);
    Params params;
    REQUIRE(route.match(path, params));
    REQUIRE(params.size() == 3);
    CHECK(params[0].name == "x");
    CHECK(params[0].converter == Converter::integer);
    CHECK(params[1].name == "y");
    CHECK(params[2].name == "z");
    CHECK(std::get<std::string>(params[2].value) == "3/4");
}

TEST_CASE("RoutePattern: a value that does not convert is no match even when the rest fits") {
    CHECK_FALSE(matches("/a/<int:x>/b", "/a/x/b"));
    CHECK_FALSE(matches("/a/<int:x>/<int:y>", "/a/1/y"));
}

TEST_CASE("RoutePattern: the shape leaves parameter names out") {
    CHECK(RoutePattern("/a/<int:x>/<y>").shape() ==
          RoutePattern("/a/<int:other>/<str:name>").shape());
    CHECK(RoutePattern("/a/<int:x>").shape() == "/a/<int>");
    CHECK(RoutePattern("/a/<int:x>").shape() != RoutePattern("/a/<float:x>").shape());
    CHECK(RoutePattern("/").shape() == "/");
    CHECK(RoutePattern("/a/").shape() == "/a/");
}

TEST_CASE("RoutePattern: static means without parameters") {
    CHECK(RoutePattern("/a/b").is_static());
    CHECK_FALSE(RoutePattern("/a/<b>").is_static());
    CHECK(RoutePattern("/a/<int:x>").text() == "/a/<int:x>");
}

TEST_CASE("RoutePattern: a bad pattern is refused by a sentence that names it and the reason") {
    CHECK(says("", "does not start with '/'"));
    CHECK(says("a/b", "does not start with '/'"));
    CHECK(says("/a/<foo:x>", "unknown converter 'foo'"));
    CHECK(says("/a/<foo:x>", "/a/<foo:x>"));
    CHECK(says("/a/<:x>", "unknown converter ''"));
    CHECK(says("/a/<int:>", "no parameter name"));
    CHECK(says("/a/<>", "no parameter name"));
    CHECK(says("/a/<1x>", "'1x' is no parameter name"));
    CHECK(says("/a/<x y>", "no parameter name"));
    CHECK(says("/a/<int:a:b>", "no parameter name"));
    CHECK(says("/<x>/<int:x>", "two parameters have the name 'x'"));
    CHECK(says("/<path:x>/b", "must be the last segment"));
    CHECK(says("/a<x>", "a literal or one parameter"));
    CHECK(says("/<x>.json", "a literal or one parameter"));
    CHECK(says("/<x><y>", "a literal or one parameter"));
    CHECK(says("/<<x>", "a literal or one parameter"));
    CHECK(says("/<x", "a literal or one parameter"));
    CHECK(says("/x>", "a literal or one parameter"));
    CHECK(says("/><", "a literal or one parameter"));
    CHECK(says("/a/../b", "never matches"));
    CHECK(says("/.", "never matches"));
    CHECK(says(std::string_view("/a\0", 3), "NUL"));
}

TEST_CASE("RoutePattern: the number of segments is bounded as that of a path") {
    std::string pattern;
    for (std::size_t index = 0; index < kMaxPathSegments; ++index) {
        pattern += "/a";
    }
    CHECK(refusal(pattern).empty());
    CHECK(says(pattern + "/a", "too many segments"));
}
