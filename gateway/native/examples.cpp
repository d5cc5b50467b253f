#include "gateway/native/examples.hpp"

#include <charconv>
#include <chrono>
#include <ctime>
#include <string>
#include <thread>

namespace typhon {

namespace {

/// The query parameter `name` as a number in [0, max]. Throws HttpError 400.
double number_param(const Request& request, const std::string& name, double fallback, double max) {
    if (!request.has_param(name)) {
        return fallback;
    }
    const std::string text = request.get_param_value(name);
    double value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = fault == std::errc{} && end == text.data() + text.size();
    if (!whole || !(value >= 0 && value <= max)) {
        throw HttpError(400,
                        "The parameter '" + name + "' must be a number from 0 to " +
                            std::to_string(static_cast<long>(max)) + ".");
    }
    return value;
}

void hello(const Request& /*request*/, Response& response) {
    response.set_json(R"({"message":"Hello from C++","timestamp":)" +
                      std::to_string(std::time(nullptr)) + "}");
}

void echo(const Request& request, Response& response) {
    const nlohmann::json answer{{"echo", request.json()}, {"source", "native"}};
    response.set_json(answer.dump());
}

void slow(const Request& request, Response& response) {
    const double seconds = number_param(request, "duration", 1, 10);
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    response.set_json(nlohmann::json{{"slept", seconds}}.dump());
}

void stream(const Request& request, Response& response) {
    const auto chunks = static_cast<std::size_t>(number_param(request, "chunks", 10, 1'000'000));
    const auto size = static_cast<std::size_t>(number_param(request, "size", 1024, 1 << 20));
    response.set_chunked_content_provider(
        "application/octet-stream",
        [chunks, piece = std::string(size, 'x'), sent = std::size_t{0}](std::size_t /*offset*/,
                                                                        DataSink& sink) mutable {
            if (sent++ == chunks) {
                sink.done();
                return true;
            }
            return sink.write(piece.data(), piece.size());
        });
}

constexpr const char* kHello = R"({
  "summary": "Says hello from C++.",
  "tags": ["native"],
  "responses": {"200": {"description": "success", "content": {"application/json": {"schema": {
    "type": "object",
    "properties": {"message": {"type": "string"}, "timestamp": {"type": "integer"}},
    "required": ["message", "timestamp"],
    "additionalProperties": false
  }}}}}
})";

constexpr const char* kEcho = R"({
  "summary": "Gives any JSON back.",
  "tags": ["native"],
  "requestBody": {"required": true, "content": {"application/json": {"schema": {}}}},
  "responses": {"200": {"description": "success", "content": {"application/json": {"schema": {
    "type": "object",
    "properties": {"echo": {}, "source": {"const": "native"}},
    "required": ["echo", "source"]
  }}}}}
})";

constexpr const char* kSlow = R"({
  "summary": "Sleeps on a thread that may block.",
  "tags": ["native"],
  "parameters": [{"name": "duration", "in": "query",
                  "schema": {"type": "number", "minimum": 0, "maximum": 10, "default": 1}}],
  "responses": {"200": {"description": "success", "content": {"application/json": {"schema": {
    "type": "object", "properties": {"slept": {"type": "number"}}, "required": ["slept"]
  }}}}}
})";

}  // namespace

void add_example_routes(NativeRouter& router) {
    router.add("GET", "/native/hello", hello);
    router.describe(kHello);
    router.add("POST", "/native/echo", echo);
    router.describe(kEcho);
    router.add("GET", "/native/slow", slow, Mode::blocking);
    router.describe(kSlow);
    router.add("GET", "/native/stream", stream);
}

}  // namespace typhon
