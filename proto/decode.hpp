// The values of one envelope to the envelope: types, widths, counts and required keys are checked
// here.
//
// It knows nothing of msgpack (codec.cpp). Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "proto/codec.hpp"
#include "proto/token_cursor.hpp"

namespace typhon::proto {

/// Fills `envelope` and returns an empty text, or returns the fault, one sentence, and leaves
/// `envelope` undefined. The text is static.
[[nodiscard]] std::string_view decode_envelope(TokenCursor values,
                                               std::optional<Envelope>& envelope);

}  // namespace typhon::proto
