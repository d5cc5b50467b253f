// The values of one envelope to the envelope: types, widths, counts and required keys are checked
// here.
//
// It knows nothing of msgpack (codec.cpp). Pure; any thread.
#pragma once

#include <optional>
#include <string>

#include "proto/codec.hpp"
#include "proto/token_cursor.hpp"

namespace typhon::proto {

/// Fills `envelope`. False when the values are none: `fault` says why in one sentence, and
/// `envelope` is undefined.
[[nodiscard]] bool decode_envelope(TokenCursor values,
                                   std::optional<Envelope>& envelope,
                                   std::string& fault);

}  // namespace typhon::proto
