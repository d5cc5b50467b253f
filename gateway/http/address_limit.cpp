#include "gateway/http/address_limit.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include <netinet/in.h>

namespace typhon::http {

namespace {

constexpr std::size_t kNetworkBytes = 8;

}  // namespace

std::optional<AddressKey> address_key(const sockaddr_storage& address) {
    AddressKey key{};
    if (address.ss_family == AF_INET) {
        key[10] = key[11] = 0xff;
        std::memcpy(key.data() + 12, &std::bit_cast<const sockaddr_in*>(&address)->sin_addr, 4);
        return key;
    }
    if (address.ss_family != AF_INET6) {
        return std::nullopt;
    }
    const in6_addr& host = std::bit_cast<const sockaddr_in6*>(&address)->sin6_addr;
    const std::size_t counted = IN6_IS_ADDR_V4MAPPED(&host) ? key.size() : kNetworkBytes;
    std::memcpy(key.data(), &host, counted);
    return key;
}

std::optional<AddressKey> address_key_of(int fd) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getpeername(fd, std::bit_cast<sockaddr*>(&address), &size) != 0) {
        return std::nullopt;
    }
    return address_key(address);
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
