#include <string>

#include <doctest/doctest.h>

#include "gateway/http/cors.hpp"

using namespace typhon;
using namespace typhon::http;

namespace {

const std::string kApp = "https://app.example";
const std::string kVary = "Vary: Origin\r\n";

CorsOptions options_of(std::vector<std::string> origins) {
    CorsOptions options;
    options.origins = std::move(origins);
    return options;
}

}  // namespace

TEST_CASE("Cors: without an origin in the options there is no policy") {
    CHECK_FALSE(CorsPolicy().enabled());
    CHECK_FALSE(CorsPolicy(CorsOptions{}).enabled());
}

TEST_CASE("Cors: an origin that is listed is allowed, another one is not, and caches are told") {
    const CorsPolicy policy(options_of({kApp, "http://localhost:5173"}));
    CHECK(policy.enabled());
    CHECK(policy.lines(kApp) == "Access-Control-Allow-Origin: https://app.example\r\n" + kVary);
    CHECK(policy.lines("http://localhost:5173") ==
          "Access-Control-Allow-Origin: http://localhost:5173\r\n" + kVary);
    for (const char* origin : {"",
                               "null",
                               "https://evil.example",
                               "https://app.example.evil.example",
                               "https://app.exampl",
                               "http://app.example",
                               "https://app.example:8443",
                               "https://app.example/",
                               "HTTPS://APP.EXAMPLE"}) {
        CAPTURE(origin);
        CHECK(policy.lines(origin) == kVary);
        CHECK(policy.preflight_lines(origin).empty());
    }
}

TEST_CASE("Cors: any origin is the same answer for all, which no cache needs to tell apart") {
    CorsOptions options = options_of({kApp, "*"});
    options.exposed = {"X-Total", "ETag"};
    const CorsPolicy policy(options);
    const std::string lines =
        "Access-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: X-Total, ETag\r\n";
    CHECK(policy.lines(kApp) == lines);
    CHECK(policy.lines("null") == lines);
    CHECK(policy.lines("") == lines);
    CHECK_FALSE(policy.preflight_lines("https://other.example").empty());
}

TEST_CASE("Cors: credentials and exposed fields are said with the origin") {
    CorsOptions options = options_of({kApp});
    options.credentials = true;
    options.exposed = {"ETag"};
    CHECK(CorsPolicy(options).lines(kApp) ==
          "Access-Control-Allow-Origin: https://app.example\r\n"
          "Access-Control-Allow-Credentials: true\r\n"
          "Access-Control-Expose-Headers: ETag\r\n" +
              kVary);
}

TEST_CASE("Cors: a preflight says methods, fields and how long it holds") {
    CorsOptions options = options_of({kApp});
    options.methods = {"GET", "PUT"};
    options.headers = {"Authorization", "X-Mine"};
    options.max_age = Milliseconds(90'000);
    CHECK(CorsPolicy(options).preflight_lines(kApp) ==
          "Access-Control-Allow-Methods: GET, PUT\r\n"
          "Access-Control-Allow-Headers: Authorization, X-Mine\r\n"
          "Access-Control-Max-Age: 90\r\n");
}
