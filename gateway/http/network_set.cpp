#include "gateway/http/network_set.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <string>

#include <arpa/inet.h>

namespace typhon::http {

namespace {

constexpr unsigned kBits = 128;
constexpr unsigned kV4Bits = 32;

bool bit_of(const IpAddress& address, unsigned bit) {
    return ((address[bit / 8] >> (7U - bit % 8)) & 1U) != 0;
}

/// True when both begin with the same `bits`.
bool same_start(const IpAddress& left, const IpAddress& right, unsigned bits) {
    const unsigned whole = bits / 8;
    const auto mask = static_cast<std::uint8_t>(0xff00U >> (bits % 8));
    return std::equal(left.begin(), left.begin() + whole, right.begin()) &&
           (bits % 8 == 0 || ((left[whole] ^ right[whole]) & mask) == 0);
}

[[noreturn]] void refuse(std::string_view text, const char* why) {
    throw std::invalid_argument("'" + std::string(text) + "' is no network: " + why);
}

unsigned parse_prefix(std::string_view text, std::string_view digits, unsigned most) {
    unsigned prefix = 0;
    const char* end = digits.data() + digits.size();
    const auto [rest, fault] = std::from_chars(digits.data(), end, prefix);
    if (fault != std::errc{} || rest != end || prefix > most) {
        refuse(text, "what follows the slash is no number of bits");
    }
    return prefix;
}

}  // namespace

std::optional<IpAddress> parse_ip(std::string_view text) {
    std::array<char, INET6_ADDRSTRLEN> copy{};
    if (text.size() >= copy.size()) {
        return std::nullopt;
    }
    text.copy(copy.data(), text.size());
    IpAddress address{};
    if (::inet_pton(AF_INET6, copy.data(), address.data()) == 1) {
        return address;
    }
    address[10] = address[11] = 0xff;
    if (::inet_pton(AF_INET, copy.data(), address.data() + 12) == 1) {
        return address;
    }
    return std::nullopt;
}

void NetworkSet::add(std::string_view text) {
    if (text == "unix") {
        unix_ = true;
        return;
    }
    const std::size_t slash = text.find('/');
    const std::string_view place = text.substr(0, slash);
    const auto address = parse_ip(place);
    if (!address) {
        refuse(text, "it is ADDRESS, ADDRESS/BITS or unix");
    }
    const unsigned own = place.find(':') == std::string_view::npos ? kV4Bits : kBits;
    const unsigned prefix =
        slash == std::string_view::npos ? own : parse_prefix(text, text.substr(slash + 1), own);
    Network network{*address, kBits - own + prefix};
    for (unsigned bit = network.prefix; bit < kBits; ++bit) {
        if (bit_of(network.address, bit)) {
            refuse(text, "the address has bits behind its prefix");
        }
    }
    networks_.push_back(network);
}

bool NetworkSet::contains(const IpAddress& address) const noexcept {
    return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
        return same_start(address, network.address, network.prefix);
    });
}

}  // namespace typhon::http
