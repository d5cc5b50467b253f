#include <string>

#include <doctest/doctest.h>

#include "gateway/native/message.hpp"

using namespace typhon;

namespace {

Request json_request(std::string body, const char* type = "application/json") {
    Request request;
    request.headers.emplace("Content-Type", type);
    request.body = std::move(body);
    return request;
}

int status_of(const Request& request) {
    try {
        (void)request.json();
    } catch (const HttpError& error) {
        return error.status();
    }
    return 200;
}

}  // namespace

TEST_CASE("Request: json() parses a body of a JSON type") {
    CHECK(json_request(R"({"a":[1,2]})").json() == nlohmann::json{{"a", {1, 2}}});
    CHECK(json_request("1", "Application/JSON; charset=utf-8").json() == 1);
    CHECK(json_request("null", "application/problem+json").json() == nullptr);
}

TEST_CASE("Request: another content type is 415, a bad body is 400") {
    CHECK(status_of(json_request("{}", "text/plain")) == 415);
    CHECK(status_of(json_request("{}", "application/jsonp")) == 415);
    CHECK(status_of(json_request("{")) == 400);
    CHECK(status_of(json_request("")) == 400);
    CHECK(status_of(json_request("1e999")) == 400);
    CHECK(status_of(Request()) == 415);
}

TEST_CASE("Request: the text of a JSON fault names the position") {
    CHECK_THROWS_WITH((void)json_request(R"({"a":x})").json(),
                      "The body is not valid JSON (at byte 6).");
}

TEST_CASE("Request: a body that nests too deeply is refused before it is parsed") {
    CHECK(status_of(json_request(std::string(kMaxJsonDepth, '[') +
                                 std::string(kMaxJsonDepth, ']'))) == 200);
    CHECK(status_of(json_request(std::string(1'000'000, '['))) == 400);
    CHECK(json_depth(R"(["[[[[\"[[", {"a": []}])") == 3);
}

TEST_CASE("Request: clear() leaves nothing of the request before") {
    Request request = json_request("x");
    request.params.emplace("a", "b");
    request.path_params["id"] = "1";
    request.id = 7;
    request.clear();
    CHECK(request.headers.empty());
    CHECK(request.params.empty());
    CHECK(request.path_params.empty());
    CHECK(request.body.empty());
    CHECK(request.id == 0);
}

TEST_CASE("Request: clear() gives the memory of a large body back") {
    Request request = json_request(std::string(1'000'000, 'x'));
    request.clear();
    CHECK(request.body.capacity() <= 64U << 10);
}

TEST_CASE("Response: clear() calls the releaser of a provider once") {
    int released = 0;
    {
        Response response;
        response.set_content_provider(
            3,
            "text/plain",
            [](std::size_t, std::size_t, DataSink&) { return true; },
            [&released](bool) { ++released; });
        CHECK(response.has_provider());
        response.clear();
        CHECK_FALSE(response.has_provider());
        CHECK(response.status == 200);
    }
    CHECK(released == 1);
}

TEST_CASE("Response: set_json replaces the content type") {
    Response response;
    response.set_content("x", "text/plain");
    response.set_json("{}");
    CHECK(response.headers.count("Content-Type") == 1);
    CHECK(response.get_header_value("Content-Type") == "application/json");
}
