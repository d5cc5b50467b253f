#include "pyworker/worker.hpp"

#include <cerrno>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <pybind11/embed.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "proto/codec.hpp"
#include "proto/ledger.hpp"
#include "proto/log.hpp"
#include "proto/thread_room.hpp"
#include "pyworker/app.hpp"
#include "pyworker/async_intake.hpp"
#include "pyworker/channel.hpp"
#include "pyworker/converter.hpp"
#include "pyworker/dispatcher.hpp"
#include "pyworker/environment.hpp"
#include "pyworker/interpreter.hpp"
#include "pyworker/leave_signal.hpp"
#include "pyworker/lifeline.hpp"
#include "pyworker/runner.hpp"
#include "pyworker/stack_dump.hpp"
#include "pyworker/start_failure.hpp"
#include "pyworker/worker_log.hpp"

namespace py = pybind11;

namespace typhon::worker {

namespace {

using proto::SteadyClock;
using std::chrono::milliseconds;

constexpr milliseconds kErrorPatience{2000};  // for the gateway to hear why the start failed
constexpr milliseconds kErrorLinger{100};
constexpr milliseconds kByePatience{3000};
constexpr milliseconds kStopGrace{2000};  // beyond DRAIN's own time

/// Ends without finalizing anything: other threads still run.
[[noreturn]] void leave(int code) {
    std::fflush(nullptr);
    ::_exit(code);
}

/// Slow handlers and the pool must not take the gateway's share of a busy core. Called when those
/// threads are there that keep the gateway's priority: ZeroMQ's and the dispatcher's front.
void give_way(std::uint32_t nice) {
    errno = 0;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread changes it
    if (::nice(static_cast<int>(nice)) == -1 && errno != 0) {
        spdlog::warn("the priority of this worker cannot be lowered: {}",
                     std::generic_category().message(errno));
    }
}

proto::Ledger attach_ledger(int fd) {
    if (fd >= 0) {
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    try {
        return proto::Ledger::attach(fd);
    } catch (const std::exception& error) {
        throw StartFailure("interpreter",
                           std::string("the ledger cannot be used: ") + error.what());
    }
}

/// Keeps house while the dispatch threads serve; returns when everything has been answered.
void keep_house(Dispatcher& dispatcher, const App& app) {
    const py::gil_scoped_release released;
    while (dispatcher.wait_event() != Dispatcher::Event::drained) {
        std::vector<std::uint32_t> pids;
        {
            const py::gil_scoped_acquire acquired;
            pids = app.pool_pids();
        }
        dispatcher.refreshed(std::move(pids));
    }
}

void stop(App& app, Dispatcher& dispatcher, Lifeline& lifeline) {
    lifeline.end_at(proto::Deadline(dispatcher.drain_deadline().at() + kStopGrace));
    app.stop(dispatcher.drain_deadline());
    const py::gil_scoped_release released;
    if (!dispatcher.close(kByePatience)) {
        spdlog::warn("the gateway may not have read this worker's last words");
    }
}

/// What is there before Python is, in the order of its making.
struct Groundwork {
    explicit Groundwork(const WorkerOptions& options)
        : lifeline(options.lifeline_fd), channel(options.endpoint, options.identity) {}

    StackDump stacks;
    Lifeline lifeline;
    Channel channel;
    Dispatcher::FrontThreads front;
};

/// Serves until DRAIN. Throws StartFailure before READY.
void serve(const WorkerOptions& options, SteadyClock::time_point begun, Groundwork& ground) {
    proto::Ledger ledger = attach_ledger(options.ledger_fd);
    start_interpreter(options);
    ground.stacks.arm();
    App app(options);
    const Converter converter(app.runtime(), options.debug);
    StreamTable streams;
    Runner runner(converter, ledger, streams, app.pool());
    AsyncIntake intake;
    Dispatcher dispatcher(ground.channel, app.routes(), runner, intake, options.threads);
    AsyncBridge bridge(intake, runner, dispatcher);
    app.start_async(bridge);
    proto::Ready ready = app.describe(options);
    ready.start_ms = span_us(begun, SteadyClock::now()) / 1000;
    log_start(ready, options.log_routes);
    hear_leave_signals(ground.channel.wake_fd());
    {
        const py::gil_scoped_release released;
        dispatcher.start(ready, ground.front);
    }
    ground.stacks.set_notes([&dispatcher] { return dispatcher.notes(); });
    keep_house(dispatcher, app);
    stop(app, dispatcher, ground.lifeline);
    leave(0);
}

void report(Channel& channel, const std::string& stage, const std::string& text) {
    spdlog::error("this worker cannot start ({}); the gateway tells why", stage);
    std::string message;
    proto::encode(proto::StartError{stage, text}, message);
    channel.send(message);
    zmq::message_t answer;
    (void)channel.receive_within(kErrorPatience, answer);
    channel.close(kErrorLinger);
}

void serve_or_report(const WorkerOptions& options,
                     SteadyClock::time_point begun,
                     Groundwork& ground) {
    try {
        serve(options, begun, ground);
    } catch (const StartFailure& failure) {
        report(ground.channel, failure.stage(), failure.what());
    } catch (const std::exception& error) {
        report(ground.channel, "startup", error.what());
    }
    leave(kExitStartFailed);
}

std::optional<WorkerOptions> options_or_message() {
    try {
        WorkerOptions options = take_options();
        proto::set_up_log("worker", options.log_level);
        return options;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "typhon-worker: %s\n", error.what());
        return std::nullopt;
    }
}

/// Beside the dispatch threads and the pool: ZeroMQ (2), the lifeline, the asyncio loop, the pool's
/// keeper, its executor's threads (2), fork server and resource tracker.
std::size_t threads_needed(const WorkerOptions& options) {
    return 9 + options.threads + options.pool_workers;
}

}  // namespace

int run_worker() {
    const auto begun = SteadyClock::now();
    open_standard_descriptors();
    set_signals();
    const std::optional<WorkerOptions> options = options_or_message();
    if (!options) {
        return kExitUsage;
    }
    if (!proto::has_room_for_threads(threads_needed(*options))) {
        spdlog::error("this worker cannot start the {} threads and processes that it needs",
                      threads_needed(*options));
        return proto::kExitNoThreads;
    }
    try {
        Groundwork ground(*options);
        give_way(options->nice);
        serve_or_report(*options, begun, ground);
    } catch (const std::exception& error) {
        spdlog::error(
            "this worker cannot reach the gateway at {}: {}", options->endpoint, error.what());
    }
    leave(kExitStartFailed);
}

}  // namespace typhon::worker
