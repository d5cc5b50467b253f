#include <doctest/doctest.h>

#include "gateway/native/description.hpp"
#include "gateway/native/examples.hpp"

using namespace typhon;

namespace {

void nothing(const Request& /*request*/, Response& /*response*/) {}

/// What is wrong with a route that says this of itself; empty: nothing.
std::string fault(const std::string& operation, const char* method = "GET") {
    NativeRouter router;
    router.add(method, "/native/thing", nothing);
    router.describe(operation);
    try {
        (void)api_description(router);
    } catch (const DescriptionError& error) {
        return error.what();
    }
    return "";
}

std::string schema_fault(const std::string& name, const std::string& text) {
    NativeRouter router;
    router.schema(name, text);
    try {
        (void)api_description(router);
    } catch (const DescriptionError& error) {
        return error.what();
    }
    return "";
}

bool holds(const std::string& text, const std::string& part) {
    CAPTURE(text);
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Description: it holds the routes that are described, and the schemas") {
    NativeRouter router;
    router.add("GET", "/native/plain", nothing);
    router.add("PUT", "/native/items/<int:id>", nothing);
    router.describe(R"({"summary": "Größe"})");
    router.schema("Item", R"({"type": "object"})");
    const auto found = nlohmann::json::parse(api_description(router));
    const auto expected = nlohmann::json::parse(R"({
        "routes": [{"method": "PUT", "pattern": "/native/items/<int:id>",
                    "operation": {"summary": "Größe"}}],
        "schemas": {"Item": {"type": "object"}}})");
    CHECK(found == expected);
}

TEST_CASE("Description: without a route that is described there is none") {
    NativeRouter router;
    CHECK(api_description(router).empty());
    router.add("GET", "/native/plain", nothing);
    router.schema("Item", "{}");
    CHECK(api_description(router).empty());
}

TEST_CASE("Description: those of the example are valid") {
    NativeRouter router;
    add_example_routes(router);
    CHECK(nlohmann::json::parse(api_description(router))["routes"].size() == 3);
}

TEST_CASE("Description: it follows a route") {
    NativeRouter router;
    CHECK_THROWS_AS(router.describe("{}"), std::logic_error);
}

TEST_CASE("Description: a fault is named with its route") {
    CHECK(fault("{}").empty());
    CHECK(fault(R"({"x-mine": 3, "deprecated": true})").empty());
    const std::string bad = fault("{\"summary\": }");
    CHECK(holds(bad, "GET /native/thing"));
    CHECK(holds(bad, "is not valid JSON (at byte 13)"));
    CHECK(holds(fault("[]"), "is not a JSON object"));
    CHECK(holds(fault(R"({"summery": "x"})"), "has 'summery', which is no field"));
    CHECK(holds(fault(R"({"tags": "x"})"), "has 'tags' as string, not as array"));
    CHECK(holds(fault(R"({"x-number": 1e999})"), "out of range"));
    CHECK(holds(fault("{}", "PURGE"), "OpenAPI does not know this method"));
}

TEST_CASE("Description: its length and depth are bounded") {
    const std::string deep(kMaxJsonDepth + 1, '[');
    CHECK(holds(fault(deep), "nests too deeply"));
    CHECK(holds(fault(R"({"summary": ")" + std::string(kMaxDescription, 'x') + "\"}"), "longer"));
}

TEST_CASE("Description: a schema has a name that a reference can say") {
    CHECK(schema_fault("Item.v-2_x", "true").empty());
    CHECK(holds(schema_fault("", "{}"), "needs another name"));
    CHECK(holds(schema_fault("a/b", "{}"), "the schema a/b needs another name"));
    CHECK(holds(schema_fault("Error", "{}"), "needs another name"));
    CHECK(holds(schema_fault("Item", "[]"), "is not a JSON object"));
    CHECK(holds(schema_fault("Item", "{"), "is not valid JSON"));
}
