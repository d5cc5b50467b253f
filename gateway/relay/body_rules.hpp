// How the body of a request is to be read, by its Python route. Immutable; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "proto/envelope.hpp"
#include "proto/router.hpp"

namespace typhon::relay {

struct BodyRule {
    bool known = true;           // false: no worker has told its routes yet
    bool streams = false;        // the request may be sent before its body is whole
    std::uint64_t max_body = 0;  // bytes; 0: the front's own limit
};

class BodyRules {
public:
    /// Throws std::invalid_argument for a table that cannot be built.
    [[nodiscard]] static std::shared_ptr<const BodyRules> of(
        const std::vector<proto::RouteInfo>& routes);

    /// `raw_path` was checked by the front.
    [[nodiscard]] BodyRule find(std::string_view method, std::string_view raw_path) const;

private:
    std::vector<BodyRule> rules_;  // by route; empty when none of them has one of its own
    proto::Router router_;
};

}  // namespace typhon::relay
