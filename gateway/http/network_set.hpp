// Networks, and whether an address is in one of them. Pure; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace typhon::http {

/// An IPv6 address, or an IPv4 one mapped to IPv6.
using IpAddress = std::array<std::uint8_t, 16>;

/// "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"; empty for anything else.
[[nodiscard]] std::optional<IpAddress> parse_ip(std::string_view text);

class NetworkSet {
public:
    /// Adds "10.0.0.0/8", "2001:db8::/32", one address, or "unix" for clients of unix sockets.
    /// Throws std::invalid_argument, also when bits behind the prefix are set.
    void add(std::string_view text);

    [[nodiscard]] bool empty() const noexcept { return networks_.empty() && !unix_; }
    [[nodiscard]] bool has_unix() const noexcept { return unix_; }
    [[nodiscard]] bool contains(const IpAddress& address) const noexcept;

private:
    struct Network {
        IpAddress address;
        unsigned prefix;  // bits, of 128
    };

    std::vector<Network> networks_;
    bool unix_ = false;
};

}  // namespace typhon::http
