// How hard zlib and brotli try, for whole bodies and for streams alike.
#pragma once

namespace typhon::http {

// Where more time buys little: the levels that Caddy and nginx's brotli module take for answers
// that are made on demand.
inline constexpr int kGzipLevel = 5;
inline constexpr int kBrotliQuality = 4;

inline constexpr int kGzipWindow = 15 + 16;  // 32 KiB, and the gzip form
inline constexpr int kGzipMemory = 8;        // with that window 256 KiB

}  // namespace typhon::http
