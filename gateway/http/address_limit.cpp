#include "gateway/http/address_limit.hpp"

#include <algorithm>

#include "gateway/http/socket_address.hpp"

namespace typhon::http {

namespace {

constexpr std::ptrdiff_t kNetworkBytes = 8;

}  // namespace

AddressKey address_key(const asio::ip::address& address) {
    if (address.is_v4()) {
        return asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()).to_bytes();
    }
    AddressKey key = address.to_v6().to_bytes();
    if (!address.to_v6().is_v4_mapped()) {
        std::fill(key.begin() + kNetworkBytes, key.end(), std::uint8_t{0});
    }
    return key;
}

std::optional<AddressKey> address_key_of(int fd) {
    const auto peer = peer_address(fd);
    return peer && peer->is_ip() ? std::optional(address_key(peer->ip)) : std::nullopt;
}

AddressLimit::Place::~Place() {
    if (limit_ != nullptr) {
        limit_->leave(key_);
    }
}

std::optional<AddressLimit::Place> AddressLimit::enter(const AddressKey& key) {
    const std::lock_guard lock(mutex_);
    std::size_t& count = counts_[key];
    if (count >= most_) {
        return std::nullopt;
    }
    ++count;
    return std::optional<Place>(std::in_place, shared_from_this(), key);
}

void AddressLimit::leave(const AddressKey& key) {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(key);
    if (--found->second == 0) {
        counts_.erase(found);
    }
}

}  // namespace typhon::http
