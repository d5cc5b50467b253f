#include "proto/router.hpp"

#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

using namespace typhon::proto;
using Outcome = RouteMatch::Outcome;

namespace {

RouteMatch look_up(const Router& router, std::string_view method, std::string_view raw) {
    PathSegments path;
    REQUIRE(path.parse(raw) == PathFault::none);
    RouteMatch match;
    router.match(method, raw, path, match);
    return match;
}

// The index of the route that answers, or -1.
int route_of(const Router& router, std::string_view method, std::string_view raw) {
    const RouteMatch match = look_up(router, method, raw);
    return match.outcome == Outcome::found ? static_cast<int>(match.route) : -1;
}

std::string refusal(Router& router,
                    const std::vector<std::string>& methods,
                    std::string_view pattern) {
    try {
        router.add(methods, pattern, 99);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("Router: without routes nothing is found") {
    const Router router;
    CHECK(router.empty());
    CHECK(look_up(router, "GET", "/").outcome == Outcome::not_found);
    CHECK(look_up(router, "OPTIONS", "/").outcome == Outcome::not_found);
}

TEST_CASE("Router: finds static and dynamic routes with their parameters") {
    Router router;
    router.add({"GET"}, "/python/hello", 0);
    router.add({"GET"}, "/python/users/<int:user_id>", 1);
    CHECK_FALSE(router.empty());
    CHECK(route_of(router, "GET", "/python/hello") == 0);
    const RouteMatch match = look_up(router, "GET", "/python/users/42");
    CHECK(match.outcome == Outcome::found);
    CHECK(match.route == 1);
    REQUIRE(match.params.size() == 1);
    CHECK(match.params[0].name == "user_id");
    CHECK(std::get<std::int64_t>(match.params[0].value) == 42);
    CHECK(look_up(router, "GET", "/python/users/-5").outcome == Outcome::not_found);
    CHECK(look_up(router, "GET", "/python/hello/").outcome == Outcome::not_found);
}

TEST_CASE("Router: a static route wins over a dynamic one, whatever the order") {
    Router router;
    router.add({"GET"}, "/users/<name>", 0);
    router.add({"GET"}, "/users/me", 1);
    CHECK(route_of(router, "GET", "/users/me") == 1);
    CHECK(route_of(router, "GET", "/users/you") == 0);
}

TEST_CASE("Router: dynamic routes are tried in declaration order") {
    Router router;
    router.add({"GET"}, "/a/<int:x>", 0);
    router.add({"GET"}, "/a/<x>", 1);
    router.add({"GET"}, "/a/<float:x>", 2);
    CHECK(route_of(router, "GET", "/a/1") == 0);
    CHECK(route_of(router, "GET", "/a/1.5") == 1);
}

TEST_CASE("Router: another route may serve the method that the first match does not") {
    Router router;
    router.add({"GET"}, "/users/me", 0);
    router.add({"POST"}, "/users/<name>", 1);
    router.add({"PUT"}, "/users/<other>", 2);
    CHECK(route_of(router, "POST", "/users/me") == 1);
    const RouteMatch put = look_up(router, "PUT", "/users/x");
    CHECK(put.route == 2);
    REQUIRE(put.params.size() == 1);
    CHECK(put.params[0].name == "other");
}

TEST_CASE("Router: one path may have a route for each method") {
    Router router;
    router.add({"GET"}, "/a", 0);
    router.add({"POST", "PUT"}, "/a", 1);
    CHECK(route_of(router, "GET", "/a") == 0);
    CHECK(route_of(router, "POST", "/a") == 1);
    CHECK(route_of(router, "PUT", "/a") == 1);
}

TEST_CASE("Router: HEAD is answered by a GET route, but a route for HEAD wins") {
    Router router;
    router.add({"GET"}, "/a", 0);
    router.add({"GET"}, "/b", 1);
    router.add({"HEAD"}, "/b", 2);
    router.add({"POST"}, "/c", 3);
    CHECK(route_of(router, "HEAD", "/a") == 0);
    CHECK(route_of(router, "HEAD", "/b") == 2);
    CHECK(look_up(router, "HEAD", "/c").outcome == Outcome::method_not_allowed);
}

TEST_CASE("Router: OPTIONS of a known path lists the methods, unless a route serves it") {
    Router router;
    router.add({"GET", "POST"}, "/a", 0);
    router.add({"OPTIONS"}, "/b", 1);
    const RouteMatch match = look_up(router, "OPTIONS", "/a");
    CHECK(match.outcome == Outcome::options);
    CHECK(match.allow == "GET, HEAD, OPTIONS, POST");
    CHECK(route_of(router, "OPTIONS", "/b") == 1);
    CHECK(look_up(router, "OPTIONS", "/c").outcome == Outcome::not_found);
}

TEST_CASE("Router: a wrong method is told which ones the path has, over all routes that match") {
    Router router;
    router.add({"GET"}, "/users/me", 0);
    router.add({"DELETE"}, "/users/<name>", 1);
    router.add({"PATCH"}, "/users/<int:id>", 2);
    const RouteMatch match = look_up(router, "POST", "/users/me");
    CHECK(match.outcome == Outcome::method_not_allowed);
    CHECK(match.allow == "DELETE, GET, HEAD, OPTIONS");
    CHECK(match.params.empty());
    CHECK(look_up(router, "POST", "/users/7").allow == "DELETE, OPTIONS, PATCH");
}

TEST_CASE("Router: methods are case-sensitive") {
    Router router;
    router.add({"GET"}, "/a", 0);
    CHECK(look_up(router, "get", "/a").outcome == Outcome::method_not_allowed);
}

TEST_CASE("Router: a static route is found by any spelling of its path") {
    Router router;
    router.add({"GET"}, "/caf\xC3\xA9/x", 0);
    router.add({"GET"}, "/100%", 1);
    router.add({"GET"}, "/a/", 2);
    CHECK(route_of(router, "GET", "/caf%C3%A9/x") == 0);
    CHECK(route_of(router, "GET", "/caf\xC3\xA9/./y/../%78") == 0);
    CHECK(route_of(router, "GET", "/100%25") == 1);
    CHECK(route_of(router, "GET", "/a/b/..") == 2);
}

TEST_CASE("Router: an encoded slash does not stand for a slash") {
    Router router;
    router.add({"GET"}, "/a/b", 0);
    router.add({"GET"}, "/<x>", 1);
    CHECK(route_of(router, "GET", "/a/b") == 0);
    const RouteMatch match = look_up(router, "GET", "/a%2Fb");
    CHECK(match.route == 1);
    CHECK(std::get<std::string>(match.params.at(0).value) == "a/b");
}

TEST_CASE("Router: a used RouteMatch holds nothing of the match before") {
    Router router;
    router.add({"GET"}, "/a/<x>", 0);
    router.add({"GET"}, "/b", 1);
    PathSegments path;
    RouteMatch match;
    REQUIRE(path.parse("/a/1") == PathFault::none);
    router.match("POST", "/a/1", path, match);
    CHECK_FALSE(match.allow.empty());
    router.match("GET", "/a/1", path, match);
    CHECK(match.allow.empty());
    CHECK(match.params.size() == 1);
    REQUIRE(path.parse("/b") == PathFault::none);
    router.match("GET", "/b", path, match);
    CHECK(match.params.empty());
    REQUIRE(path.parse("/c") == PathFault::none);
    router.match("GET", "/c", path, match);
    CHECK(match.outcome == Outcome::not_found);
}

TEST_CASE("Router: a second route for one method and shape is refused, and both are named") {
    Router router;
    router.add({"GET"}, "/users/<int:id>", 0);
    const std::string why = refusal(router, {"POST", "GET"}, "/users/<int:user>");
    CHECK(why.find("GET") != std::string::npos);
    CHECK(why.find("/users/<int:id>") != std::string::npos);
    CHECK(why.find("/users/<int:user>") != std::string::npos);
    CHECK_FALSE(refusal(router, {"GET"}, "/users/<int:id>").empty());
    CHECK(refusal(router, {"GET"}, "/users/<id>").empty());
}

TEST_CASE("Router: a refused route leaves no trace") {
    Router router;
    router.add({"GET"}, "/a", 0);
    CHECK_FALSE(refusal(router, {"POST", "GET"}, "/a").empty());
    CHECK(look_up(router, "POST", "/a").outcome == Outcome::method_not_allowed);
    CHECK_FALSE(refusal(router, {"GET"}, "/<bad").empty());
    CHECK(look_up(router, "GET", "/x").outcome == Outcome::not_found);
}

TEST_CASE("Router: bad methods are refused") {
    Router router;
    CHECK(refusal(router, {}, "/a").find("no method") != std::string::npos);
    CHECK(refusal(router, {"get"}, "/a").find("'get'") != std::string::npos);
    CHECK_FALSE(refusal(router, {""}, "/a").empty());
    CHECK_FALSE(refusal(router, {"GE T"}, "/a").empty());
    CHECK(refusal(router, {"M-SEARCH", "GET", "GET"}, "/a").empty());
    CHECK(router.empty() == false);
}

TEST_CASE("Router: many routes are each found") {
    Router router;
    constexpr std::uint32_t kRoutes = 500;
    for (std::uint32_t index = 0; index < kRoutes; ++index) {
        const std::string name = std::to_string(index);
        router.add({"GET"}, "/static/" + name, 2 * index);
        router.add({"GET"}, "/dynamic/" + name + "/<x>", 2 * index + 1);
    }
    for (std::uint32_t index = 0; index < kRoutes; ++index) {
        const std::string name = std::to_string(index);
        CHECK(route_of(router, "GET", "/static/" + name) == static_cast<int>(2 * index));
        CHECK(route_of(router, "GET", "/dynamic/" + name + "/y") ==
              static_cast<int>(2 * index + 1));
    }
}

TEST_CASE("Router: a WebSocket is found by its method alone, and a GET is told to upgrade") {
    Router router;
    router.add({":websocket"}, "/a/<room>", 0);
    router.add({":websocket"}, "/both", 1);
    router.add({"GET"}, "/both", 2);
    const auto ask = [&router](std::string_view method, std::string_view path) {
        PathSegments segments;
        REQUIRE(segments.parse(path) == PathFault::none);
        RouteMatch match;
        router.match(method, path, segments, match);
        return match;
    };
    CHECK(ask(":websocket", "/a/b").outcome == Outcome::found);
    CHECK(ask("GET", "/a/b").outcome == Outcome::upgrade_required);
    CHECK(ask("HEAD", "/a/b").outcome == Outcome::upgrade_required);
    CHECK(ask("POST", "/a/b").outcome == Outcome::method_not_allowed);
    CHECK(ask("POST", "/a/b").allow == "GET, HEAD, OPTIONS");
    CHECK(ask("OPTIONS", "/a/b").outcome == Outcome::options);
    CHECK(ask("GET", "/both").route == 2);
    CHECK(ask(":websocket", "/both").route == 1);
}
