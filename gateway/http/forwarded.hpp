// Who a request really comes from, when a trusted proxy tells it: X-Forwarded-For, -Proto and
// -Host, or Forwarded (RFC 7239). Pure; any thread.
//
// Each proxy adds to the right what it has seen, so the list is read from the right, and what a
// trusted proxy added is believed: the client is the first address that is no trusted proxy. What
// stands left of it may be its invention.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/network_set.hpp"

namespace typhon::http {

/// Whose fields are believed.
enum class ForwardedBy : std::uint8_t {
    either,       // X-Forwarded-* where one of them is there, else Forwarded
    x_forwarded,  // X-Forwarded-*
    forwarded,    // Forwarded
};

/// The values of all fields of each name, in order.
struct ForwardedFields {
    std::vector<std::string_view> forwarded;
    std::vector<std::string_view> x_for;
    std::vector<std::string_view> x_proto;
    std::vector<std::string_view> x_host;

    [[nodiscard]] bool empty() const noexcept {
        return forwarded.empty() && x_for.empty() && x_proto.empty() && x_host.empty();
    }
    /// Files the value under its name (any case); false when the name is none of these.
    bool take(std::string_view name, std::string_view value);
};

/// What the fields say; what they do not say, or not rightly, is empty.
struct Forwarded {
    std::string client_ip;    // "203.0.113.7", "2001:db8::1"
    int client_port = 0;      // 0: unknown
    std::string_view scheme;  // "http" or "https"
    std::string host;         // "example.org", "example.org:8443"
};

/// What a trusted peer says. An element that is no address ends the walk: the client is then the
/// proxy right of it, which is all that is known for sure.
[[nodiscard]] Forwarded read_forwarded(const ForwardedFields& fields,
                                       ForwardedBy by,
                                       const NetworkSet& trusted);

}  // namespace typhon::http
