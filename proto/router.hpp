// Which route serves a method and a path: the same decision in gateway and worker.
//
// Static routes win over dynamic ones, then declaration order. HEAD is answered by GET routes,
// OPTIONS by any path that has a route. Immutable after the last add(); match() may then be called
// from any thread (each with its own PathSegments and RouteMatch).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proto/path.hpp"
#include "proto/route_pattern.hpp"

namespace typhon::proto {

struct RouteMatch {
    enum class Outcome : std::uint8_t {
        found,
        not_found,
        method_not_allowed,
        options,
        upgrade_required
    };
    Outcome outcome = Outcome::not_found;
    std::uint32_t route = 0;  // the index given to add(), when found
    Params params;            // when found
    std::string allow;        // "GET, HEAD, OPTIONS", when method_not_allowed or options
};

class Router {
public:
    /// Adds `route` (the caller's index). Throws std::invalid_argument for a bad pattern or method,
    /// and for a second route of the same method and shape: the sentence names both patterns.
    void add(const std::vector<std::string>& methods,
             std::string_view pattern,
             std::uint32_t route);

    /// Fills `match` (its memory is reused). `path` must be parsed from `raw_path`. "options" is
    /// the outcome of an OPTIONS request to a path that has routes but none for OPTIONS,
    /// "upgrade_required" that of a GET where a WebSocket is and no other GET. The method of the
    /// opening handshake of a WebSocket is kWebSocketField.
    void match(std::string_view method,
               std::string_view raw_path,
               const PathSegments& path,
               RouteMatch& match) const;

    [[nodiscard]] bool empty() const noexcept { return nodes_.empty(); }

private:
    struct Node;

    /// Calls `visit(node)` for each node that matches the path, in order of precedence, until it
    /// returns true. The parameters are in `params` meanwhile.
    template <class Visit>
    void each_match(std::string_view raw_path,
                    const PathSegments& path,
                    Params& params,
                    Visit visit) const;
    [[nodiscard]] const Node* static_match(std::string_view raw_path,
                                           const PathSegments& path) const;
    void refuse_conflicts(const std::vector<std::string>& methods,
                          const RoutePattern& pattern) const;
    [[nodiscard]] std::size_t node_for(RoutePattern pattern);

    struct Endpoint {
        std::string method;
        std::uint32_t route;
    };
    /// One path shape with the methods that it serves.
    struct Node {
        RoutePattern pattern;
        std::string shape;
        std::vector<Endpoint> endpoints;

        /// The endpoint that answers `method` (HEAD: its own, else that of GET); null when there is
        /// none.
        [[nodiscard]] const Endpoint* find(std::string_view method) const noexcept;
    };
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };

    std::vector<Node> nodes_;  // declaration order
    std::unordered_map<std::string, std::size_t, TextHash, std::equal_to<>>
        static_;                        // path -> node
    std::vector<std::size_t> dynamic_;  // nodes, declaration order
};

}  // namespace typhon::proto
