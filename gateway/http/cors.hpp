// Cross-origin requests (the Fetch standard, section 3.2): which fields an answer has for the
// origin that asks. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/options.hpp"

namespace typhon::http {

/// The policy of the options as lines that are ready to be sent.
class CorsPolicy {
public:
    CorsPolicy() = default;
    explicit CorsPolicy(const CorsOptions& options);

    /// True when any origin is allowed anything.
    [[nodiscard]] bool enabled() const noexcept { return !other_.empty() || !grants_.empty(); }

    /// The lines for an answer to a request with this Origin; empty `origin`: the request has none.
    /// They live as long as the policy.
    [[nodiscard]] std::string_view lines(std::string_view origin) const noexcept;

    /// Those lines that only the answer to a preflight has; empty when `origin` is not allowed.
    [[nodiscard]] std::string_view preflight_lines(std::string_view origin) const noexcept;

private:
    struct Grant {
        std::string origin;
        std::string lines;
    };

    [[nodiscard]] const Grant* find(std::string_view origin) const noexcept;

    std::vector<Grant> grants_;
    std::string other_;  // for requests that no grant is for
    std::string preflight_;
    bool any_origin_ = false;
};

}  // namespace typhon::http
