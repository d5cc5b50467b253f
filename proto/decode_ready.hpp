// The body of READY: what a worker says of itself and its routes. For decode.cpp only.
#pragma once

#include "proto/envelope.hpp"
#include "proto/token_cursor.hpp"

namespace typhon::proto {

/// False when a type, a width, a count or a required key is wrong.
[[nodiscard]] bool read_ready(TokenCursor& in, Ready& ready);

}  // namespace typhon::proto
