#include <stdexcept>

#include <doctest/doctest.h>

#include "gateway/native/examples.hpp"
#include "gateway/native/native_router.hpp"

using namespace typhon;
using Outcome = proto::RouteMatch::Outcome;

namespace {

proto::RouteMatch match(const NativeRouter& router,
                        std::string_view method,
                        std::string_view path) {
    proto::PathSegments segments;
    proto::RouteMatch found;
    REQUIRE(segments.parse(path) == proto::PathFault::none);
    router.match(method, path, segments, found);
    return found;
}

}  // namespace

TEST_CASE("NativeRouter: a handler written for cpp-httplib is accepted unchanged") {
    NativeRouter router;
    router.add("GET", "/plain", [](const httplib::Request& request, httplib::Response& response) {
        response.set_content(request.path, "text/plain");
    });
    const auto found = match(router, "GET", "/plain");
    REQUIRE(found.outcome == Outcome::found);
    Request request;
    request.path = "/plain";
    Response response;
    router.at(found.route).handler(request, response);
    CHECK(response.body == "/plain");
}

TEST_CASE("NativeRouter: path parameters become text") {
    NativeRouter router;
    router.add("GET", "/users/<int:id>/<name>", [](const Request&, Response&) {});
    const auto found = match(router, "GET", "/users/042/a%20b");
    REQUIRE(found.outcome == Outcome::found);
    std::map<std::string, std::string> params;
    fill_path_params(found.params, params);
    CHECK(params == std::map<std::string, std::string>{{"id", "42"}, {"name", "a b"}});
}

TEST_CASE("NativeRouter: two handlers for one method and path are refused") {
    NativeRouter router;
    add_example_routes(router);
    CHECK_THROWS_AS(router.add("GET", "/native/hello", [](const Request&, Response&) {}),
                    std::invalid_argument);
    CHECK(router.list().size() == 4);
}

TEST_CASE("NativeRouter: a wrong method names those that are allowed") {
    NativeRouter router;
    add_example_routes(router);
    const auto found = match(router, "POST", "/native/hello");
    CHECK(found.outcome == Outcome::method_not_allowed);
    CHECK(found.allow.find("GET") != std::string::npos);
    CHECK(match(router, "OPTIONS", "/native/hello").outcome == Outcome::options);
    CHECK(match(router, "GET", "/native/other").outcome == Outcome::not_found);
}
