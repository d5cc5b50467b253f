#include "proto/router.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "proto/codec.hpp"

namespace typhon::proto {

namespace {

// RFC 9110, section 5.6.2, without lower-case letters: a route's method is written as clients send
// it.
bool is_method(std::string_view method) noexcept {
    constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~0123456789";
    if (method == kWebSocketField) {
        return true;
    }
    return !method.empty() && std::all_of(method.begin(), method.end(), [&](char character) {
        return (character >= 'A' && character <= 'Z') ||
               kOthers.find(character) != std::string_view::npos;
    });
}

void check_methods(const std::vector<std::string>& methods, std::string_view pattern) {
    std::string why = std::string("route \"").append(pattern).append("\": ");
    if (methods.empty()) {
        throw std::invalid_argument(why.append("it has no method"));
    }
    for (const std::string& method : methods) {
        if (!is_method(method)) {
            why.append("'").append(method).append("' is no method (upper-case, like GET)");
            throw std::invalid_argument(why);
        }
    }
}

// "GET, HEAD, OPTIONS" from what the routes declare.
std::string allow_text(std::set<std::string_view>& methods) {
    if (methods.erase(kWebSocketField) != 0) {
        methods.insert("GET");
    }
    if (methods.contains("GET")) {
        methods.insert("HEAD");
    }
    methods.insert("OPTIONS");
    std::string text;
    for (const std::string_view method : methods) {
        text.append(text.empty() ? "" : ", ").append(method);
    }
    return text;
}

// The decoded segments as one text; nothing when an encoded slash makes that text ambiguous.
std::optional<std::string> joined(const PathSegments& path) {
    std::string text;
    for (const std::string_view segment : path.segments()) {
        if (segment.find('/') != std::string_view::npos) {
            return std::nullopt;
        }
        text.append("/").append(segment);
    }
    return text;
}

}  // namespace

void Router::add(const std::vector<std::string>& methods,
                 std::string_view pattern,
                 std::uint32_t route) {
    check_methods(methods, pattern);
    RoutePattern parsed(pattern);
    refuse_conflicts(methods, parsed);
    Node& node = nodes_[node_for(std::move(parsed))];
    for (const std::string& method : std::set<std::string>(methods.begin(), methods.end())) {
        node.endpoints.push_back({method, route});
    }
}

void Router::refuse_conflicts(const std::vector<std::string>& methods,
                              const RoutePattern& pattern) const {
    const std::string shape = pattern.shape();
    for (const Node& node : nodes_) {
        if (node.shape != shape) {
            continue;
        }
        for (const Endpoint& endpoint : node.endpoints) {
            if (std::find(methods.begin(), methods.end(), endpoint.method) != methods.end()) {
                throw std::invalid_argument("two routes for " + endpoint.method + ": \"" +
                                            node.pattern.text() + "\" and \"" + pattern.text() +
                                            "\" match the same paths");
            }
        }
    }
}

std::size_t Router::node_for(RoutePattern pattern) {
    for (std::size_t index = 0; index < nodes_.size(); ++index) {
        if (nodes_[index].pattern.text() == pattern.text()) {
            return index;
        }
    }
    const std::size_t index = nodes_.size();
    if (pattern.is_static()) {
        static_.emplace(pattern.text(), index);
    } else {
        dynamic_.push_back(index);
    }
    std::string shape = pattern.shape();
    nodes_.push_back({std::move(pattern), std::move(shape), {}});
    return index;
}

const Router::Node* Router::static_match(std::string_view raw_path,
                                         const PathSegments& path) const {
    auto found = static_.end();
    if (path.plain()) {
        found = static_.find(raw_path);
    } else if (const auto text = joined(path)) {
        found = static_.find(*text);
    }
    return found == static_.end() ? nullptr : &nodes_[found->second];
}

template <class Visit>
void Router::each_match(std::string_view raw_path,
                        const PathSegments& path,
                        Params& params,
                        Visit visit) const {
    params.clear();
    if (const Node* node = static_match(raw_path, path); node != nullptr && visit(*node)) {
        return;
    }
    for (const std::size_t index : dynamic_) {
        if (nodes_[index].pattern.match(path, params) && visit(nodes_[index])) {
            return;
        }
    }
    params.clear();
}

const Router::Endpoint* Router::Node::find(std::string_view method) const noexcept {
    const Endpoint* fallback = nullptr;
    for (const Endpoint& endpoint : endpoints) {
        if (endpoint.method == method) {
            return &endpoint;
        }
        if (method == "HEAD" && endpoint.method == "GET") {
            fallback = &endpoint;
        }
    }
    return fallback;
}

void Router::match(std::string_view method,
                   std::string_view raw_path,
                   const PathSegments& path,
                   RouteMatch& match) const {
    using Outcome = RouteMatch::Outcome;
    match.outcome = Outcome::not_found;
    match.allow.clear();
    each_match(raw_path, path, match.params, [&](const Node& node) {
        if (const Endpoint* endpoint = node.find(method)) {
            match.route = endpoint->route;
            match.outcome = Outcome::found;
            return true;
        }
        match.outcome = Outcome::method_not_allowed;
        return false;
    });
    if (match.outcome != Outcome::method_not_allowed) {
        return;
    }
    std::set<std::string_view> allowed;
    each_match(raw_path, path, match.params, [&](const Node& node) {
        for (const Endpoint& endpoint : node.endpoints) {
            allowed.insert(endpoint.method);
        }
        return false;
    });
    const bool upgrade = allowed.contains(kWebSocketField) && (method == "GET" || method == "HEAD");
    match.allow = allow_text(allowed);
    match.outcome = Outcome::method_not_allowed;
    if (method == "OPTIONS") {
        match.outcome = Outcome::options;
    } else if (upgrade) {
        match.outcome = Outcome::upgrade_required;
    }
}

}  // namespace typhon::proto
