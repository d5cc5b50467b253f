#include "pyworker/route_table.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include <pybind11/stl.h>

#include "proto/codec.hpp"
#include "pyworker/start_failure.hpp"

namespace py = pybind11;

namespace typhon::worker {

namespace {

proto::RouteMode mode_of(const std::string& name) {
    if (name == "async") {
        return proto::RouteMode::async;
    }
    return name == "pool" ? proto::RouteMode::pool : proto::RouteMode::thread;
}

/// Seconds as whole milliseconds, at least 1; None is 0, which means the gateway's own limit.
std::uint32_t timeout_ms_of(const py::object& seconds) {
    if (seconds.is_none()) {
        return 0;
    }
    const double wanted_ms = std::ceil(seconds.cast<double>() * 1000.0);
    constexpr double kMost = std::numeric_limits<std::uint32_t>::max();
    return static_cast<std::uint32_t>(std::min(std::max(wanted_ms, 1.0), kMost));
}

proto::RouteInfo info_of(const py::handle& spec) {
    proto::RouteInfo info;
    info.methods = spec.attr("methods").cast<std::vector<std::string>>();
    info.pattern = spec.attr("pattern").cast<std::string>();
    info.name = spec.attr("name").cast<std::string>();
    info.mode = mode_of(spec.attr("mode").cast<std::string>());
    info.timeout_ms = timeout_ms_of(spec.attr("timeout"));
    const py::object limit = spec.attr("max_in_flight");
    info.max_in_flight = limit.is_none() ? 0 : limit.cast<std::uint32_t>();
    info.stream_body = spec.attr("stream_body").cast<bool>();
    const py::object largest = spec.attr("max_body");
    info.max_body = largest.is_none() ? 0 : largest.cast<std::uint64_t>();
    return info;
}

}  // namespace

RouteTable::RouteTable(const py::list& specs) {
    for (const py::handle& spec : specs) {
        add(spec);
    }
}

void RouteTable::add(const py::handle& spec) {
    try {
        Route& route = routes_.emplace_back();
        route.info = info_of(spec);
        route.wants_pool = spec.attr("wants_pool").cast<bool>();
        route.call = py::object(spec.attr("call")).release().ptr();
        route.pattern = py::str(route.info.pattern).release().ptr();
        const auto index = static_cast<std::uint32_t>(routes_.size() - 1);
        router_.add(route.info.methods, route.info.pattern, index);
    } catch (const std::invalid_argument& error) {
        throw StartFailure("routes", routes_.back().info.name + ": " + error.what());
    } catch (const py::builtin_exception& error) {
        throw StartFailure("routes",
                           std::string("a route specification is invalid: ") + error.what());
    } catch (py::error_already_set& error) {
        throw StartFailure("routes",
                           std::string("a route specification is invalid: ") + error.what());
    }
}

void RouteTable::match(Job& job) {
    using Outcome = proto::RouteMatch::Outcome;
    const proto::Request& request = job.request;
    if (path_.parse(request.path) != proto::PathFault::none) {
        job.outcome = Outcome::not_found;
        return;
    }
    const bool websocket = request.body.empty() && proto::opens_websocket(request.headers);
    router_.match(websocket ? proto::kWebSocketField : request.method, request.path, path_, match_);
    job.outcome = match_.outcome;
    if (match_.outcome == Outcome::found) {
        job.route = &routes_[match_.route];
        if (!match_.params.empty()) {
            job.params = std::move(match_.params);
        }
    } else {
        job.allow = match_.allow;
    }
}

}  // namespace typhon::worker
