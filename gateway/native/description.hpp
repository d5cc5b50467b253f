// What native routes say of themselves in the OpenAPI document that the Python side serves
// (docs/native.md, "A description of the API"): checked at the start, and handed to the workers as
// one JSON text. Pure; any thread.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

#include "gateway/native/native_router.hpp"

namespace typhon {

inline constexpr std::size_t kMaxDescription = std::size_t{64} << 10;  // bytes of one text

/// One sentence that names the route, or the schema, and what is wrong.
class DescriptionError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// `{"routes": [{"method", "pattern", "operation"}...], "schemas": {name: schema...}}` of the
/// routes that have a description; empty when none has. Throws DescriptionError: a text that is too
/// long, no JSON, or no OpenAPI 3.1 operation object (its fields by name and kind), and a name of a
/// schema that cannot be.
[[nodiscard]] std::string api_description(const NativeRouter& router);

}  // namespace typhon
