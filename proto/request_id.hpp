// How a request is named in answers and in logs: as its client asked by X-Request-Id, else by the
// gateway's number of it. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/envelope.hpp"

namespace typhon::proto {

/// 1 to 64 of A-Z, a-z, 0-9, ".", "_" and "-": nothing that could mean anything to a log, a shell,
/// a page or a path.
[[nodiscard]] bool is_request_id(std::string_view text) noexcept;

/// `given`, or 16 hex digits of `id` when it is empty.
[[nodiscard]] std::string request_name(std::uint64_t id, std::string_view given);

/// Of a request on the wire. The gateway has left out an X-Request-Id that it does not accept.
[[nodiscard]] std::string request_name(const Request& request);

}  // namespace typhon::proto
