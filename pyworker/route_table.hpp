// The application's routes: which function serves a request, and how.
//
// Built once at start with the GIL held; match() then needs no GIL and belongs to the thread that
// holds the socket.
#pragma once

#include <deque>
#include <vector>

#include <pybind11/pybind11.h>

#include "proto/path.hpp"
#include "proto/router.hpp"
#include "proto/run_time.hpp"
#include "pyworker/batch.hpp"

namespace typhon::worker {

/// One handler. The Python objects are used with the GIL held only, and live as long as the
/// process.
struct Route {
    proto::RouteInfo info;
    PyObject* call = nullptr;
    PyObject* pattern = nullptr;  // info.pattern as a str
    bool wants_pool = false;
    proto::RunTime run_time;
};

class __attribute__((visibility("hidden"))) RouteTable {
public:
    /// No routes, and no need of the GIL.
    RouteTable() = default;

    /// `specs` is the list that _runtime.load_app() returned. Throws StartFailure ("routes") for a
    /// route that cannot be; needs the GIL.
    explicit RouteTable(const pybind11::list& specs);

    /// Fills route, outcome, params and allow of the job.
    void match(Job& job);

    [[nodiscard]] const std::deque<Route>& routes() const noexcept { return routes_; }

private:
    void add(const pybind11::handle& spec);

    std::deque<Route> routes_;  // stable addresses
    proto::Router router_;
    proto::PathSegments path_;
    proto::RouteMatch match_;
};

}  // namespace typhon::worker
