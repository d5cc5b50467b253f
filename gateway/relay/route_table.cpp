#include "gateway/relay/route_table.hpp"

#include <algorithm>
#include <utility>

namespace typhon::relay {

namespace {

std::string key_of(const proto::RouteInfo& info) {
    std::string key = info.pattern + ' ' + info.name;
    for (const auto& method : info.methods) {
        key += ' ' + method;
    }
    return key;
}

}  // namespace

void RouteTable::replace(const std::vector<proto::RouteInfo>& routes) {
    auto router = std::make_unique<proto::Router>();
    for (std::uint32_t index = 0; index < routes.size(); ++index) {
        router->add(routes[index].methods, routes[index].pattern, index);
    }
    std::vector<RouteState*> current;
    for (const auto& info : routes) {
        auto& state = states_[key_of(info)];
        if (!state) {
            state = std::make_unique<RouteState>(info.pattern);
        }
        state->info = info;
        current.push_back(state.get());
    }
    router_ = std::move(router);
    current_ = std::move(current);
    infos_ = routes;
    known_ = true;
}

const proto::RouteMatch& RouteTable::match(std::string_view method, std::string_view raw_path) {
    if (segments_.parse(raw_path) != proto::PathFault::none) {
        match_.outcome = proto::RouteMatch::Outcome::not_found;
        return match_;
    }
    router_->match(method, raw_path, segments_, match_);
    return match_;
}

std::vector<Pending*> RouteTable::take_waiting() {
    std::vector<Pending*> taken;
    const auto take = [&taken](RouteState& state) {
        while (!state.waiting.empty()) {
            taken.push_back(&state.waiting.front());
            state.waiting.pop_front();
        }
    };
    take(unmatched_);
    for (auto& [key, state] : states_) {
        take(*state);
    }
    std::sort(taken.begin(), taken.end(), [](const Pending* a, const Pending* b) {
        return a->id < b->id;
    });
    return taken;
}

}  // namespace typhon::relay
