// Compresses a whole body: gzip by zlib, br by brotli. stream_coder.hpp is for one that comes piece
// by piece.
//
// Any thread. It takes as long as it takes: about 1 ms for 32 KiB, so what is larger belongs on
// the BlockingPool.
#pragma once

#include <string>
#include <string_view>

#include "gateway/http/content_coding.hpp"

namespace typhon::http {

/// `body` in `coding` (not identity); empty when that is no smaller, or memory is short.
[[nodiscard]] std::string compress(Coding coding, std::string_view body);

}  // namespace typhon::http
