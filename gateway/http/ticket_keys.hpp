// The keys that seal session tickets (RFC 5077, RFC 8446 section 4.6.1): new ones twice a day, so
// that a stolen key opens few sessions; the old ones open tickets for as long again.
//
// In memory alone. Any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include <openssl/types.h>

namespace typhon::http {

class TicketKeys {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::hours kSeals{12};  // this long a key seals new tickets
    static constexpr std::chrono::hours kOpens{24};  // since it was made
    static constexpr std::size_t kNameSize = 16;

    struct Key {
        std::array<unsigned char, kNameSize> name;
        std::array<unsigned char, 32> cipher;
        std::array<unsigned char, 32> mac;
        TimePoint made;
    };

    TicketKeys() = default;
    ~TicketKeys();
    TicketKeys(const TicketKeys&) = delete;
    TicketKeys& operator=(const TicketKeys&) = delete;
    TicketKeys(TicketKeys&&) = delete;
    TicketKeys& operator=(TicketKeys&&) = delete;

    /// The key for a new ticket; empty when there is no randomness.
    [[nodiscard]] std::optional<Key> sealing(TimePoint now);

    /// The key of that name, when it may still open tickets.
    [[nodiscard]] std::optional<Key> opening(const unsigned char* name, TimePoint now);

    /// Tickets of `context` are sealed by `keys`, which live at least as long as it.
    static void attach(const std::shared_ptr<TicketKeys>& keys, SSL_CTX* context);

private:
    void forget_old(TimePoint now);

    std::mutex mutex_;
    std::deque<Key> keys_;  // newest first
};

}  // namespace typhon::http
