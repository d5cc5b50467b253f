// The application in this interpreter: imported, with its routes, its pool and its event loop.
#pragma once

#include <memory>
#include <vector>

#include <pybind11/pybind11.h>

#include "proto/deadline.hpp"
#include "proto/envelope.hpp"
#include "pyworker/async_bridge.hpp"
#include "pyworker/route_table.hpp"
#include "pyworker/worker_options.hpp"

namespace typhon::worker {

class __attribute__((visibility("hidden"))) App {
public:
    /// Imports everything, and starts and warms the pool. Throws StartFailure ("import", "routes",
    /// "pool"). By the main thread, with the GIL held, as all here.
    explicit App(const WorkerOptions& options);

    [[nodiscard]] const pybind11::module_& runtime() const noexcept { return runtime_; }
    [[nodiscard]] RouteTable& routes() noexcept { return *routes_; }
    [[nodiscard]] const pybind11::object& pool() const noexcept { return pool_; }
    [[nodiscard]] std::vector<std::uint32_t> pool_pids() const;

    /// Starts the event loop's thread, when there is an async route or hook, and runs the startup
    /// hooks. Throws StartFailure when one fails or takes too long. `bridge` must outlive it.
    void start_async(AsyncBridge& bridge);

    /// The READY of this start, without start_ms.
    [[nodiscard]] proto::Ready describe(const WorkerOptions& options) const;

    /// Waits for what mounted applications do after their answers (it is cancelled before `drained`
    /// passes), runs the shutdown hooks, then ends event loop, pool, threads of `threading` and
    /// exit functions, in this order, and flushes standard output. Blocks as long as they do
    /// (bounded by Lifeline::end_at()). Never throws.
    void stop(proto::Deadline drained);

private:
    void load(const WorkerOptions& options);
    void start_pool(const WorkerOptions& options);

    pybind11::module_ runtime_;
    std::unique_ptr<RouteTable> routes_;
    pybind11::object pool_ = pybind11::none();
    pybind11::object loop_ = pybind11::none();
};

}  // namespace typhon::worker
