#include "proto/decode_ready.hpp"

#include <string>
#include <vector>

#include "proto/decode_map.hpp"
#include "proto/limits.hpp"

namespace typhon::proto {

namespace {

bool read_texts(TokenCursor& in, std::vector<std::string>& texts) {
    return read_array(in, texts, [&in](std::string& text) { return in.text(text); });
}

bool read_mode(TokenCursor& in, RouteMode& mode) {
    std::uint8_t value = 0;
    if (!in.number(value) || value > static_cast<std::uint8_t>(RouteMode::pool)) {
        return false;
    }
    mode = static_cast<RouteMode>(value);
    return true;
}

bool read_route_limits(TokenCursor& in, std::string_view key, RouteInfo& route) {
    if (key == "max_in_flight") {
        return in.number(route.max_in_flight);
    }
    if (key == "stream_body") {
        return read_flag(in, route.stream_body);
    }
    if (key == "max_body") {
        return in.number(route.max_body);
    }
    return skip(in);
}

bool read_route(TokenCursor& in, RouteInfo& route) {
    const bool read = read_map(in, [&](std::string_view key) {
        if (key == "methods") {
            return read_texts(in, route.methods);
        }
        if (key == "pattern") {
            return in.text(route.pattern);
        }
        if (key == "name") {
            return in.text(route.name);
        }
        if (key == "mode") {
            return read_mode(in, route.mode);
        }
        if (key == "timeout_ms") {
            return in.number(route.timeout_ms);
        }
        return read_route_limits(in, key, route);
    });
    return read && !route.methods.empty() && !route.pattern.empty();
}

bool read_routes(TokenCursor& in, std::vector<RouteInfo>& routes) {
    return read_array(
        in, routes, [&in](RouteInfo& route) { return read_route(in, route); }, kMaxRoutes);
}

bool read_ready_capacity(TokenCursor& in, std::string_view key, Ready& ready) {
    if (key == "threads") {
        return in.number(ready.threads);
    }
    if (key == "async_capacity") {
        return in.number(ready.async_capacity);
    }
    if (key == "pool_workers") {
        return in.number(ready.pool_workers);
    }
    if (key == "pool_pids") {
        return read_numbers(in, ready.pool_pids);
    }
    if (key == "routes") {
        return read_routes(in, ready.routes);
    }
    return skip(in);
}

}  // namespace

bool read_ready(TokenCursor& in, Ready& ready) {
    const bool read = read_map(in, [&](std::string_view key) {
        if (key == "version") {
            return in.number(ready.version);
        }
        if (key == "token") {
            return in.text(ready.token);
        }
        if (key == "pid") {
            return in.number(ready.pid);
        }
        if (key == "python") {
            return in.text(ready.python);
        }
        if (key == "interpreter") {
            return in.text(ready.interpreter);
        }
        if (key == "start_ms") {
            return in.number(ready.start_ms);
        }
        return read_ready_capacity(in, key, ready);
    });
    return read && ready.version != 0 && !ready.token.empty();
}

}  // namespace typhon::proto
