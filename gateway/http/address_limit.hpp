// How many connections each client address has, over all loops.
//
// An IPv4 address counts by itself; of an IPv6 address its first 64 bits count, because every host
// of such a network can have any number of addresses. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <boost/asio/ip/address.hpp>

#include "gateway/asio.hpp"

namespace typhon::http {

/// What counts as one client: an IPv4 address mapped to IPv6, or the network of an IPv6 address.
using AddressKey = std::array<std::uint8_t, 16>;

/// The key of an address. Pure.
[[nodiscard]] AddressKey address_key(const asio::ip::address& address);

/// The key of the other end of the socket `fd`; empty when that is neither IPv4 nor IPv6.
[[nodiscard]] std::optional<AddressKey> address_key_of(int fd);

class AddressLimit : public std::enable_shared_from_this<AddressLimit> {
public:
    /// At most `most` connections for each address.
    explicit AddressLimit(std::size_t most) noexcept : most_(most) {}

    /// One counted connection, until it is destroyed.
    class Place {
    public:
        Place() = default;
        Place(std::shared_ptr<AddressLimit> limit, const AddressKey& key)
            : limit_(std::move(limit)), key_(key) {}
        ~Place();
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        Place(Place&& other) noexcept : limit_(std::move(other.limit_)), key_(other.key_) {}
        Place& operator=(Place&& other) noexcept {
            std::swap(limit_, other.limit_);
            std::swap(key_, other.key_);
            return *this;
        }

    private:
        std::shared_ptr<AddressLimit> limit_;
        AddressKey key_{};
    };

    /// Counts one more connection of `key`; empty when that is one too many.
    [[nodiscard]] std::optional<Place> enter(const AddressKey& key);

private:
    void leave(const AddressKey& key);

    const std::size_t most_;
    std::mutex mutex_;
    std::map<AddressKey, std::size_t> counts_;  // no hash: strangers choose the keys
};

}  // namespace typhon::http
