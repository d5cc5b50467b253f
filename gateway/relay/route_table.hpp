// The Python routes that the relay serves now, from the READY of the workers. Loop 0 only.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/relay/route_state.hpp"
#include "proto/path.hpp"
#include "proto/router.hpp"

namespace typhon::relay {

class RouteTable {
public:
    /// Replaces the table; a route that stays keeps its figures. Patterns were checked by the
    /// worker; a table that cannot be built throws std::invalid_argument and changes nothing.
    void replace(const std::vector<proto::RouteInfo>& routes);

    /// False before the first replace(): nobody knows yet what exists.
    [[nodiscard]] bool known() const noexcept { return known_; }

    /// The decision for a request; valid until the next call. `raw_path` was checked by the front.
    [[nodiscard]] const proto::RouteMatch& match(std::string_view method,
                                                 std::string_view raw_path);

    /// The state of a found route.
    [[nodiscard]] RouteState& at(std::uint32_t route) { return *current_[route]; }

    /// Stands for the route of requests that came before the table.
    [[nodiscard]] RouteState& unmatched() noexcept { return unmatched_; }

    /// Takes every waiting request out of its list, in order of arrival.
    [[nodiscard]] std::vector<Pending*> take_waiting();

    [[nodiscard]] const std::vector<proto::RouteInfo>& infos() const noexcept { return infos_; }

private:
    std::vector<proto::RouteInfo> infos_;
    std::vector<RouteState*> current_;
    // Requests in flight point to their state, so states stay; there is one for each route that
    // ever was.
    std::map<std::string, std::unique_ptr<RouteState>> states_;
    RouteState unmatched_;
    std::unique_ptr<proto::Router> router_ = std::make_unique<proto::Router>();
    proto::PathSegments segments_;
    proto::RouteMatch match_;
    bool known_ = false;
};

}  // namespace typhon::relay
