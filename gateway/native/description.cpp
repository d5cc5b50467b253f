#include "gateway/native/description.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include <nlohmann/json.hpp>

#include "gateway/native/message.hpp"

namespace typhon {

namespace {

using nlohmann::json;
using Kind = json::value_t;

/// A field of an operation object (OpenAPI 3.1, section 4.8.10).
struct Field {
    std::string_view name;
    Kind kind;
};

constexpr std::array<Field, 12> kFields{{{"tags", Kind::array},
                                         {"summary", Kind::string},
                                         {"description", Kind::string},
                                         {"externalDocs", Kind::object},
                                         {"operationId", Kind::string},
                                         {"parameters", Kind::array},
                                         {"requestBody", Kind::object},
                                         {"responses", Kind::object},
                                         {"callbacks", Kind::object},
                                         {"deprecated", Kind::boolean},
                                         {"security", Kind::array},
                                         {"servers", Kind::array}}};

/// The methods that a path item has a place for, as nothing else can be described.
constexpr std::array<std::string_view, 8> kMethods{
    "GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"};

/// Typhon's own component, the form of every error.
constexpr std::string_view kErrorSchema = "Error";

[[noreturn]] void refuse(const std::string& what, const std::string& fault) {
    throw DescriptionError("the description of " + what + " " + fault);
}

json parsed(const std::string& what, const std::string& text) {
    if (text.size() > kMaxDescription) {
        refuse(what, "is longer than " + std::to_string(kMaxDescription) + " bytes");
    }
    if (json_depth(text) > kMaxJsonDepth) {
        refuse(what, "nests too deeply");
    }
    try {
        return json::parse(text);
    } catch (const json::parse_error& error) {
        refuse(what, "is not valid JSON (at byte " + std::to_string(error.byte) + ")");
    } catch (const json::exception&) {
        refuse(what, "holds a number out of range");
    }
}

void check_field(const std::string& what, const std::string& name, const json& value) {
    if (name.starts_with("x-")) {
        return;
    }
    const auto* const field = std::find_if(
        kFields.begin(), kFields.end(), [&](const Field& each) { return each.name == name; });
    if (field == kFields.end()) {
        refuse(what, "has '" + name + "', which is no field of an OpenAPI operation");
    }
    if (value.type() != field->kind) {
        refuse(what,
               "has '" + name + "' as " + value.type_name() + ", not as " +
                   json(field->kind).type_name());
    }
}

json operation_of(const NativeRoute& route) {
    const std::string what = route.method + " " + route.pattern;
    if (std::find(kMethods.begin(), kMethods.end(), route.method) == kMethods.end()) {
        refuse(what, "has no place: OpenAPI does not know this method");
    }
    json operation = parsed(what, route.description);
    if (!operation.is_object()) {
        refuse(what, "is not a JSON object");
    }
    for (const auto& [name, value] : operation.items()) {
        check_field(what, name, value);
    }
    return operation;
}

/// OpenAPI 3.1, section 4.8.7.1.
bool is_component_name(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return c < 0x80 && (std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_');
    });
}

json schema_of(const std::string& name, const std::string& text) {
    const std::string what = "the schema " + name;
    if (!is_component_name(name) || name == kErrorSchema) {
        refuse(what,
               "needs another name: letters, digits, '.', '-' and '_', and not Error, which "
               "is the form of all errors");
    }
    json schema = parsed(what, text);
    if (!schema.is_object() && !schema.is_boolean()) {
        refuse(what, "is not a JSON object");
    }
    return schema;
}

}  // namespace

std::string api_description(const NativeRouter& router) {
    json routes = json::array();
    for (const NativeRoute& route : router.list()) {
        if (!route.description.empty()) {
            routes.push_back({{"method", route.method},
                              {"pattern", route.pattern},
                              {"operation", operation_of(route)}});
        }
    }
    json schemas = json::object();
    for (const auto& [name, text] : router.schemas()) {
        schemas[name] = schema_of(name, text);
    }
    return routes.empty() ? "" : json{{"routes", routes}, {"schemas", schemas}}.dump();
}

}  // namespace typhon
