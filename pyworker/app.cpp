#include "pyworker/app.hpp"

#include <algorithm>
#include <string>

#include <pybind11/stl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "proto/limits.hpp"
#include "pyworker/start_failure.hpp"

namespace py = pybind11;

namespace typhon::worker {

namespace {

constexpr double kLoopPatienceS = 5.0;

/// Runs one step of the start; what Python raises, SystemExit too, becomes a StartFailure.
template <class Step>
void guarded(const std::string& stage, const py::module_& runtime, Step step) {
    try {
        step();
    } catch (py::error_already_set& error) {
        try {
            const py::object& value = error.value();
            if (error.trace()) {
                PyException_SetTraceback(value.ptr(), error.trace().ptr());
            }
            const auto text = runtime.attr("format_start_error")(value).cast<std::string>();
            throw StartFailure(stage, text);
        } catch (py::error_already_set&) {
            throw StartFailure(stage, error.what());
        }
    } catch (const py::builtin_exception& error) {  // a value of the framework has another type
        throw StartFailure(stage, error.what());
    }
}

/// Runs one step of the stop; what it raises is reported and the next step follows.
template <class Step>
void attempt(const char* what, Step step) {
    try {
        step();
    } catch (py::error_already_set& error) {
        error.discard_as_unraisable(what);
    } catch (const std::exception& error) {
        spdlog::error("{}: {}", what, error.what());
    }
}

void flush_streams() {
    const auto sys = py::module_::import("sys");
    for (const char* name : {"stdout", "stderr"}) {
        const py::object stream = sys.attr(name);
        if (!stream.is_none()) {
            stream.attr("flush")();
        }
    }
}

}  // namespace

App::App(const WorkerOptions& options) {
    try {
        runtime_ = py::module_::import("typhon._runtime");
    } catch (py::error_already_set& error) {
        throw StartFailure(
            "import",
            "the framework in " + options.framework + " cannot be imported: " + error.what());
    }
    guarded("import", runtime_, [&] { load(options); });
    guarded("pool", runtime_, [&] { start_pool(options); });
}

void App::load(const WorkerOptions& options) {
    runtime_.attr("use_native_api")(options.native_api);
    const py::list specs = runtime_.attr("load_app")(options.app);
    if (specs.size() > proto::kMaxRoutes) {
        throw StartFailure(
            "routes",
            "the application has more than " + std::to_string(proto::kMaxRoutes) + " routes");
    }
    routes_ = std::make_unique<RouteTable>(specs);
}

void App::start_pool(const WorkerOptions& options) {
    if (options.pool_workers > 0 || options.pool != "processes") {
        pool_ = runtime_.attr("start_pool")(options.pool_workers, options.pool);
        return;
    }
    const auto& routes = routes_->routes();
    const auto wanting = std::find_if(
        routes.begin(), routes.end(), [](const Route& route) { return route.wants_pool; });
    if (wanting != routes.end()) {
        throw StartFailure("pool",
                           "the handler " + wanting->info.name + " of " + wanting->info.pattern +
                               " wants the process pool, and this server has none: start it with "
                               "--pool-workers 1 or more, or leave out use_process_pool=True");
    }
}

std::vector<std::uint32_t> App::pool_pids() const {
    return runtime_.attr("pool_pids")().cast<std::vector<std::uint32_t>>();
}

void App::start_async(AsyncBridge& bridge) {
    const auto& routes = routes_->routes();
    const bool any_route = std::any_of(routes.begin(), routes.end(), [](const Route& route) {
        return route.info.mode == proto::RouteMode::async;
    });
    guarded("startup", runtime_, [&] {
        if (any_route || runtime_.attr("needs_loop")().cast<bool>()) {
            py::module_::import("_typhon");  // knows the bridge's type
            const py::object shown = py::cast(&bridge, py::return_value_policy::reference);
            loop_ = py::module_::import("typhon._async").attr("start")(shown);
        }
        runtime_.attr("run_startup")(loop_);
    });
}

proto::Ready App::describe(const WorkerOptions& options) const {
    const auto sys = py::module_::import("sys");
    proto::Ready ready;
    ready.version = proto::kProtocolVersion;
    ready.token = options.token;
    ready.pid = static_cast<std::uint32_t>(::getpid());
    ready.python = py::module_::import("platform").attr("python_version")().cast<std::string>();
    ready.interpreter = sys.attr("executable").cast<std::string>();
    ready.threads = options.threads;
    if (!loop_.is_none()) {
        ready.async_capacity =
            py::module_::import("typhon._async").attr("CAPACITY").cast<std::uint32_t>();
    }
    ready.pool_workers = pool_.is_none() ? 0 : options.pool_workers;
    ready.pool_pids = pool_pids();
    for (const Route& route : routes_->routes()) {
        ready.routes.push_back(route.info);
    }
    return ready;
}

void App::stop(proto::Deadline drained) {
    attempt("shutdown hooks", [&] {
        runtime_.attr("run_shutdown")(loop_, static_cast<double>(drained.left_ms()) / 1000.0);
    });
    attempt("stop of the event loop", [&] {
        if (!loop_.is_none()) {
            loop_.attr("stop")(kLoopPatienceS);
        }
    });
    attempt("stop of the pool", [&] { runtime_.attr("stop_pool")(); });
    attempt("threading", [] { py::module_::import("threading").attr("_shutdown")(); });
    attempt("atexit", [] { py::module_::import("atexit").attr("_run_exitfuncs")(); });
    attempt("flush", flush_streams);
}

}  // namespace typhon::worker
