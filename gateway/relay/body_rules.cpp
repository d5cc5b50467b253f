#include "gateway/relay/body_rules.hpp"

#include <algorithm>

namespace typhon::relay {

std::shared_ptr<const BodyRules> BodyRules::of(const std::vector<proto::RouteInfo>& routes) {
    auto made = std::make_shared<BodyRules>();
    if (std::none_of(
            routes.begin(), routes.end(), [](const auto& info) { return info.stream_body; })) {
        return made;
    }
    for (std::uint32_t index = 0; index < routes.size(); ++index) {
        made->rules_.push_back(
            {.streams = routes[index].stream_body, .max_body = routes[index].max_body});
        made->router_.add(routes[index].methods, routes[index].pattern, index);
    }
    return made;
}

BodyRule BodyRules::find(std::string_view method, std::string_view raw_path) const {
    if (rules_.empty()) {
        return {};
    }
    proto::PathSegments segments;
    proto::RouteMatch match;
    if (segments.parse(raw_path) != proto::PathFault::none) {
        return {};
    }
    router_.match(method, raw_path, segments, match);
    return match.outcome == proto::RouteMatch::Outcome::found ? rules_[match.route] : BodyRule{};
}

}  // namespace typhon::relay
