// The native routes: which C++ handler serves a method and a path, and how it runs.
//
// Filled before the loops start, then read only: match() may be called from any thread, each with
// its own Found.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/native/message.hpp"
#include "proto/path.hpp"
#include "proto/router.hpp"

namespace typhon {

/// Where a handler runs: `inline_` on the loop (it must be quick), `blocking` on the
/// BlockingPool.
enum class Mode : std::uint8_t {
    inline_,  // NOLINT(readability-identifier-naming): the word itself is reserved
    blocking,
};

struct NativeRoute {
    std::string method;
    std::string pattern;
    Handler handler;
    Mode mode = Mode::inline_;
    std::string description;  // an OpenAPI operation object as JSON; empty: none
};

class NativeRouter {
public:
    /// Throws std::invalid_argument for a bad pattern and for a second route of the same method
    /// and shape; the sentence names both.
    void add(std::string_view method,
             std::string_view pattern,
             Handler handler,
             Mode mode = Mode::inline_);

    /// Describes the route that was added last: the text of an OpenAPI operation object. Throws
    /// std::logic_error when there is no route yet. What the text says is checked at the start
    /// (description.hpp).
    void describe(std::string_view operation);
    /// A schema that descriptions refer to as "#/components/schemas/NAME". The last one of a name
    /// counts.
    void schema(std::string_view name, std::string_view text);

    /// Fills `match` (its memory is reused). `path` must be parsed from `raw_path`.
    void match(std::string_view method,
               std::string_view raw_path,
               const proto::PathSegments& path,
               proto::RouteMatch& match) const {
        router_.match(method, raw_path, path, match);
    }

    /// The route with index `match.route` of a found match.
    [[nodiscard]] const NativeRoute& at(std::uint32_t route) const { return routes_[route]; }

    /// All routes in the order of add().
    [[nodiscard]] const std::vector<NativeRoute>& list() const noexcept { return routes_; }
    [[nodiscard]] const std::map<std::string, std::string>& schemas() const noexcept {
        return schemas_;
    }

private:
    std::vector<NativeRoute> routes_;
    std::map<std::string, std::string> schemas_;
    proto::Router router_;
};

/// The values of `params` as text, into `out`.
void fill_path_params(const proto::Params& params, std::map<std::string, std::string>& out);

}  // namespace typhon
