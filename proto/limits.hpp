// Bounds that both processes apply to what they read from the wire. PROTOCOL.md lists the same
// figures.
#pragma once

#include <cstddef>
#include <cstdint>

namespace typhon::proto {

inline constexpr std::uint32_t kProtocolVersion = 3;

inline constexpr std::size_t kMaxDepth = 8;                       // nesting of one envelope
inline constexpr std::size_t kMaxArray = 4096;                    // elements of one array
inline constexpr std::size_t kMaxBytes = std::size_t{256} << 20;  // one byte string (a body)
inline constexpr std::size_t kMaxFrame = std::size_t{2} << 30;    // one ZeroMQ message of a worker
inline constexpr std::size_t kMaxHeaderFields = 256;              // fields of one header block
inline constexpr std::size_t kMaxRoutes = 4096;                   // routes in one READY

inline constexpr std::size_t kMaxObjects = 131'072;   // values in one envelope, containers included
inline constexpr std::size_t kMaxPathSegments = 256;  // segments of one path or pattern

inline constexpr std::uint32_t kMaxInFlight = 2048;  // ledger slots of one worker start

/// Bytes of one body in pieces that may be on their way to its reader, the first piece of an answer
/// included.
inline constexpr std::uint32_t kStreamWindow = 256U << 10;
inline constexpr std::uint32_t kMaxChunk = 64U << 10;  // bytes of one piece

}  // namespace typhon::proto
