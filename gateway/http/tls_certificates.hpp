// The certificate that TLS listeners use now, and its replacement while the gateway runs.
//
// A pair that cannot be used never replaces one that can. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "gateway/http/ticket_keys.hpp"
#include "gateway/http/tls_context.hpp"

namespace typhon::http {

class TlsCertificates {
public:
    /// Loads them. Throws TlsError; an expired certificate is a warning in the log.
    explicit TlsCertificates(TlsFiles files);

    /// Reads the files again. Empty when the new pair is in use; else why not, and the old one
    /// stays. Both are in the log. Blocks for the files.
    [[nodiscard]] std::string reload();

    /// What a new connection uses.
    [[nodiscard]] std::shared_ptr<const TlsContext> current() const;

    /// Why the last reload failed; empty after a good one.
    [[nodiscard]] std::string last_error() const;

private:
    [[nodiscard]] std::shared_ptr<const TlsContext> load() const;

    const TlsFiles files_;
    const std::shared_ptr<TicketKeys> tickets_ = std::make_shared<TicketKeys>();
    mutable std::mutex mutex_;
    std::shared_ptr<const TlsContext> current_;
    std::string last_error_;
};

}  // namespace typhon::http
