// The supervisor with real processes (worker_double) and a relay that records what it is told.
#include "gateway/supervisor/supervisor.hpp"

#include <algorithm>
#include <csignal>
#include <future>
#include <mutex>
#include <set>

#include "tests/unit/supervisor/fixture.hpp"
#include <doctest/doctest.h>
#include <spdlog/spdlog.h>

#include "gateway/supervisor/process.hpp"

using namespace typhon;
using namespace std::chrono_literals;
using test::eventually;

namespace {

/// Records the calls as text: "expect g1-w0", "drain g1-w0" ... with the random part left out.
class RecordingControl final : public WorkerControl {
public:
    explicit RecordingControl(const test::TempDir& app) : app_(app) {}

    void expect(const std::string& identity,
                const std::string& token,
                std::shared_ptr<proto::Ledger> ledger) override {
        const std::lock_guard lock(mutex_);
        calls_.push_back("expect " + name(identity));
        starts_.push_back(identity);
        sound_ = sound_ && token.size() == 32 && ledger && ledger->fd() >= 0;
    }
    void serve_only(const std::vector<std::string>& identities) override {
        std::string call = "serve_only";
        for (const auto& identity : identities) {
            call += " " + name(identity);
        }
        record(call);
    }
    /// As the relay does with a worker that has nothing to do: it exits soon.
    void drain(const std::string& identity, std::uint32_t /*left_ms*/) override {
        record("drain " + name(identity));
        ::kill(pid_of(identity), SIGTERM);
    }
    void forget(const std::string& identity) override {
        const std::lock_guard lock(mutex_);
        calls_.push_back("forget " + name(identity));
        std::erase(starts_, identity);
    }
    void set_availability(Availability availability, std::uint32_t retry_after_s) override {
        static constexpr std::array kNames{"waiting", "failed", "stopping"};
        record(std::string(kNames.at(static_cast<std::size_t>(availability))) +
               (retry_after_s > 0 ? " retry" : ""));
    }

    /// Starts that were not forgotten.
    [[nodiscard]] std::vector<std::string> starts() const {
        const std::lock_guard lock(mutex_);
        return starts_;
    }
    [[nodiscard]] std::vector<std::string> calls() const {
        const std::lock_guard lock(mutex_);
        return calls_;
    }
    [[nodiscard]] bool was_told(const std::string& call) const {
        const auto all = calls();
        return std::find(all.begin(), all.end(), call) != all.end();
    }
    [[nodiscard]] bool sound() const {
        const std::lock_guard lock(mutex_);
        return sound_;
    }
    [[nodiscard]] pid_t pid_of(const std::string& identity) const {
        pid_t pid = 0;
        static_cast<void>(eventually([&] {
            const std::string text = app_.read(identity);
            pid = text.empty() ? 0 : std::stoi(text);
            return pid != 0;
        }));
        return pid;
    }

private:
    static std::string name(const std::string& identity) {
        return identity.substr(0, identity.rfind('-'));
    }
    void record(const std::string& call) {
        const std::lock_guard lock(mutex_);
        calls_.push_back(call);
    }

    const test::TempDir& app_;
    mutable std::mutex mutex_;
    std::vector<std::string> calls_;
    std::vector<std::string> starts_;
    bool sound_ = true;
};

/// One supervisor from start to stop. At the end nothing may be left of it.
class Situation {
public:
    explicit Situation(std::uint32_t workers, const std::string& mode = "serve")
        : control(app), supervisor(options_for(workers), control, "ipc:///nowhere") {
        spdlog::set_level(spdlog::level::off);
        app.write("mode.py", mode);
        supervisor.on_first_ready = [this] { ++first_ready; };
        supervisor.on_failed_start = [this](const std::string& reason) {
            ++failed_starts;
            failure.set_value(reason);
        };
    }
    ~Situation() {
        stop(5s);
        CHECK(control.sound());
        CHECK(control.starts().empty());
        CHECK_FALSE(has_children());
    }
    Situation(const Situation&) = delete;
    Situation& operator=(const Situation&) = delete;
    Situation(Situation&&) = delete;
    Situation& operator=(Situation&&) = delete;

    void stop(Milliseconds time) {
        std::promise<void> done;
        supervisor.stop(proto::Deadline::after(time), [&done] { done.set_value(); });
        REQUIRE(done.get_future().wait_for(test::kPatience) == std::future_status::ready);
    }

    /// Says READY for every start that did not say it yet, until `count` are ready.
    void make_ready(std::size_t count) {
        REQUIRE(eventually([&] {
            say_ready();
            return ready() == count;
        }));
    }
    /// The same until `generation` serves and nothing of others is left.
    void finish_reload(std::uint32_t generation) {
        REQUIRE(eventually([&] {
            say_ready();
            const auto status = supervisor.status();
            return status.generation == generation && status.state == GatewayState::ready &&
                   std::all_of(status.workers.begin(), status.workers.end(), [&](const auto& w) {
                       return w.generation == generation;
                   });
        }));
    }
    /// The newest start that has not said anything says why it cannot start.
    void fail_start(const std::string& text) {
        REQUIRE(eventually([&] {
            for (const auto& identity : control.starts()) {
                if (!told_.contains(identity) && !app.read(identity).empty()) {
                    told_.insert(identity);
                    supervisor.on_start_error(identity, {"import", text});
                    return true;
                }
            }
            return false;
        }));
    }
    [[nodiscard]] std::size_t ready() const { return in_state(WorkerState::ready); }
    [[nodiscard]] std::size_t in_state(WorkerState state) const {
        const auto workers = supervisor.status().workers;
        return static_cast<std::size_t>(
            std::count_if(workers.begin(), workers.end(), [state](const auto& worker) {
                return worker.state == state;
            }));
    }
    [[nodiscard]] bool reaches(GatewayState state) const {
        return eventually([&] { return supervisor.status().state == state; });
    }
    [[nodiscard]] WorkerStatus first() const { return supervisor.status().workers.at(0); }

    test::TempDir app;
    RecordingControl control;
    std::atomic<int> first_ready = 0;
    std::atomic<int> failed_starts = 0;
    std::promise<std::string> failure;
    Supervisor supervisor;

private:
    void say_ready() {
        for (const auto& identity : control.starts()) {
            if (!told_.contains(identity) && !app.read(identity).empty()) {
                told_.insert(identity);
                supervisor.on_ready(identity, {});
            }
        }
    }
    SupervisorOptions options_for(std::uint32_t workers) const {
        SupervisorOptions options;
        options.workers = workers;
        options.app = app.path();
        options.worker_bin = WORKER_DOUBLE;
        return options;
    }

    std::set<std::string> told_;
};

std::future<ReloadResult> reload_in_background(Situation& situation) {
    return std::async(std::launch::async, [&situation] {
        return situation.supervisor.reload(proto::Deadline::after(test::kPatience));
    });
}

bool is_gone(pid_t pid) {
    return eventually([pid] { return ::kill(pid, 0) != 0; });
}

}  // namespace

TEST_CASE("Supervisor: workers start together and each serves as soon as it is ready") {
    Situation situation(2);
    situation.supervisor.start();
    CHECK(situation.supervisor.status().state == GatewayState::starting);
    situation.make_ready(2);
    const auto status = situation.supervisor.status();
    CHECK(status.state == GatewayState::ready);
    CHECK(status.generation == 1);
    REQUIRE(status.workers.size() == 2);
    CHECK(status.workers[0].pid > 0);
    CHECK(status.workers[0].rss_bytes > 0);
    CHECK(status.workers[0].pid != status.workers[1].pid);
    CHECK(situation.control.was_told("serve_only g1-w0 g1-w1"));
    CHECK(situation.first_ready == 1);
}

TEST_CASE("Supervisor: a worker that is killed is replaced at once and counted") {
    Situation situation(1);
    situation.supervisor.start();
    situation.make_ready(1);
    const WorkerStatus before = situation.first();
    ::kill(before.pid, SIGKILL);
    REQUIRE(eventually([&] { return situation.first().pid != before.pid; }));
    situation.make_ready(1);
    CHECK(situation.first().restarts == 1);
    CHECK(situation.first().generation == 1);
    CHECK(situation.control.was_told("forget g1-w0"));
}

TEST_CASE("Supervisor: quick deaths in a row are answered later and later") {
    Situation situation(1);
    situation.supervisor.start();
    situation.make_ready(1);
    const auto began = proto::SteadyClock::now();
    for (int death = 0; death < 3; ++death) {
        const pid_t pid = situation.first().pid;
        ::kill(pid, SIGKILL);
        REQUIRE(eventually([&] { return situation.first().pid != pid; }));
        situation.make_ready(1);
    }
    // At once, then 80 to 100 ms, then 160 to 200 ms.
    CHECK(proto::SteadyClock::now() - began >= 240ms);
    CHECK(situation.first().restarts == 3);
}

TEST_CASE("Supervisor: when a worker dies its whole group goes with it") {
    Situation situation(1, "children");
    situation.supervisor.start();
    situation.make_ready(1);
    const pid_t child = std::stoi(situation.app.read("child"));
    REQUIRE(::kill(child, 0) == 0);
    ::kill(situation.first().pid, SIGKILL);
    CHECK(is_gone(child));
}

TEST_CASE("Supervisor: a silent worker is killed and replaced") {
    Situation situation(1);
    situation.supervisor.start();
    situation.make_ready(1);
    const WorkerStatus before = situation.first();
    ::kill(before.pid, SIGSTOP);
    situation.supervisor.on_silent(before.identity, 10'000);
    REQUIRE(eventually([&] { return situation.first().pid != before.pid; }));
    situation.make_ready(1);
}

TEST_CASE(
    "Supervisor: an application that does not import fails after one try, with its traceback") {
    Situation situation(2);
    situation.supervisor.start();
    situation.fail_start("Traceback: no module named x");
    REQUIRE(situation.reaches(GatewayState::failed));
    CHECK(situation.supervisor.status().last_error == "Traceback: no module named x");
    CHECK(situation.control.was_told("failed retry"));
    auto failure = situation.failure.get_future();
    REQUIRE(failure.wait_for(test::kPatience) == std::future_status::ready);
    CHECK(failure.get() == "Traceback: no module named x");
    situation.fail_start("Traceback: no module named x");
    CHECK(eventually([&] { return situation.in_state(WorkerState::failed) == 2; }));
    CHECK(situation.failed_starts == 1);
}

TEST_CASE("Supervisor: workers that die before READY are given up after three deaths") {
    Situation situation(1, "exit 3");
    situation.supervisor.start();
    REQUIRE(situation.reaches(GatewayState::failed));
    const auto calls = situation.control.calls();
    CHECK(std::count(calls.begin(), calls.end(), "expect g1-w0") == 3);
    const std::string error = situation.supervisor.status().last_error;
    CHECK(error.find("died before it was ready: exit code 3") != std::string::npos);
}

TEST_CASE("Supervisor: an edit brings a failed application back, all of its workers") {
    Situation situation(3, "exit 1");
    situation.supervisor.start();
    REQUIRE(eventually([&] { return situation.in_state(WorkerState::failed) == 3; }));
    situation.app.write("mode.py", "serve");
    situation.make_ready(3);
    CHECK(situation.supervisor.status().state == GatewayState::ready);
    CHECK(situation.supervisor.status().last_error.empty());
    const auto calls = situation.control.calls();
    const auto failed = std::find(calls.begin(), calls.end(), "failed retry");
    REQUIRE(failed != calls.end());
    CHECK(std::find(failed, calls.end(), "waiting") != calls.end());
}

TEST_CASE("Supervisor: a worker that cannot be spawned is a failure, not an end") {
    Situation situation(1);
    SupervisorOptions options;
    options.worker_bin = "/nowhere/typhon-worker";
    RecordingControl control(situation.app);
    {
        Supervisor supervisor(options, control, "ipc:///nowhere");
        supervisor.start();
        CHECK(eventually([&] { return supervisor.status().state == GatewayState::failed; }));
        CHECK(supervisor.status().last_error.find("/nowhere/typhon-worker") != std::string::npos);
    }
    CHECK(control.starts().empty());
    situation.supervisor.start();
}

TEST_CASE("Supervisor: a reload switches when all of the new generation is ready, then drains") {
    Situation situation(2);
    situation.supervisor.start();
    situation.make_ready(2);
    auto reload = reload_in_background(situation);
    REQUIRE(situation.reaches(GatewayState::reloading));
    situation.finish_reload(2);
    const ReloadResult result = reload.get();
    CHECK(result.ok);
    CHECK(result.generation == 2);
    CHECK(result.workers == 2);
    CHECK(situation.supervisor.status().workers.size() == 2);
    CHECK(situation.first().restarts == 0);
    const auto calls = situation.control.calls();
    const auto at = [&calls](const char* call) {
        return std::find(calls.begin(), calls.end(), call) - calls.begin();
    };
    CHECK(at("serve_only g2-w0 g2-w1") < at("drain g1-w0"));
    CHECK(at("drain g1-w0") < at("forget g1-w0"));
    CHECK(at("forget g1-w1") < static_cast<std::ptrdiff_t>(calls.size()));
    // Nobody of the new generation served before all were ready.
    CHECK_FALSE(situation.control.was_told("serve_only g2-w0"));
    CHECK_FALSE(situation.control.was_told("serve_only g2-w1"));
}

TEST_CASE("Supervisor: a reload that fails leaves the old generation serving and says why") {
    Situation situation(2);
    situation.supervisor.start();
    situation.make_ready(2);
    const pid_t serving = situation.first().pid;
    auto reload = reload_in_background(situation);
    REQUIRE(situation.reaches(GatewayState::reloading));
    situation.fail_start("SyntaxError: invalid syntax");
    const ReloadResult result = reload.get();
    CHECK_FALSE(result.ok);
    CHECK(result.message == "SyntaxError: invalid syntax");
    CHECK(result.generation == 1);
    CHECK(situation.supervisor.status().state == GatewayState::ready);
    CHECK(situation.supervisor.status().last_error == "SyntaxError: invalid syntax");
    CHECK(situation.first().pid == serving);
    CHECK(eventually([&] { return situation.supervisor.status().workers.size() == 2; }));
    CHECK_FALSE(situation.control.was_told("drain g1-w0"));
    CHECK_FALSE(situation.control.was_told("failed retry"));

    // The next one is good, and clears the error.
    auto again = reload_in_background(situation);
    REQUIRE(situation.reaches(GatewayState::reloading));
    situation.finish_reload(2);
    CHECK(again.get().ok);
    CHECK(situation.supervisor.status().last_error.empty());
}

TEST_CASE("Supervisor: a reload whose workers die fails") {
    Situation situation(1);
    situation.supervisor.start();
    situation.make_ready(1);
    situation.app.write("mode.py", "exit 4");
    const ReloadResult result =
        situation.supervisor.reload(proto::Deadline::after(test::kPatience));
    CHECK_FALSE(result.ok);
    CHECK(result.message.find("exit code 4") != std::string::npos);
    CHECK(situation.ready() == 1);
}

TEST_CASE("Supervisor: reloads that are asked for during one become a single further one") {
    Situation situation(1);
    situation.supervisor.start();
    situation.make_ready(1);
    auto first = reload_in_background(situation);
    REQUIRE(situation.reaches(GatewayState::reloading));
    situation.supervisor.request_reload();
    situation.supervisor.request_reload();
    situation.supervisor.request_reload();
    situation.finish_reload(3);
    CHECK(first.get().ok);
    CHECK_FALSE(situation.control.was_told("expect g4-w0"));
}

TEST_CASE("Supervisor: a reload brings a failed application back") {
    Situation situation(1);
    situation.supervisor.start();
    situation.fail_start("broken");
    REQUIRE(situation.reaches(GatewayState::failed));
    auto reload = reload_in_background(situation);
    situation.make_ready(1);
    CHECK(reload.get().ok);
    CHECK(situation.supervisor.status().state == GatewayState::ready);
    CHECK(situation.control.calls().back() != "failed retry");
}

TEST_CASE("Supervisor: scale adds workers and takes the surplus away") {
    Situation situation(1);
    situation.supervisor.start();
    situation.make_ready(1);
    auto grown = std::async(std::launch::async, [&situation] {
        return situation.supervisor.scale(3, proto::Deadline::after(test::kPatience));
    });
    situation.make_ready(3);
    CHECK(grown.get().ok);
    CHECK(situation.control.was_told("serve_only g1-w0 g1-w1 g1-w2"));
    CHECK(situation.supervisor.scale(2, proto::Deadline::after(test::kPatience)).ok);
    CHECK(situation.control.was_told("serve_only g1-w0 g1-w1"));
    CHECK(eventually([&] { return situation.supervisor.status().workers.size() == 2; }));
    CHECK(situation.control.was_told("drain g1-w2"));
}

TEST_CASE("Supervisor: a number of workers out of range is refused") {
    Situation situation(1);
    situation.supervisor.start();
    CHECK_FALSE(situation.supervisor.scale(0, proto::Deadline::after(1s)).ok);
    CHECK_FALSE(situation.supervisor.scale(65, proto::Deadline::after(1s)).ok);
}

TEST_CASE("Supervisor: scale that fails keeps the number of workers") {
    Situation situation(1);
    situation.supervisor.start();
    situation.make_ready(1);
    situation.app.write("mode.py", "exit 5");
    const ReloadResult result =
        situation.supervisor.scale(3, proto::Deadline::after(test::kPatience));
    CHECK_FALSE(result.ok);
    CHECK(result.workers == 1);
    CHECK(situation.ready() == 1);
    CHECK(eventually([&] { return situation.supervisor.status().workers.size() == 1; }));
}

TEST_CASE("Supervisor: a worker that is not ready in time is killed and given up") {
    Situation situation(1);
    SupervisorOptions options;
    options.app = situation.app.path();
    options.worker_bin = WORKER_DOUBLE;
    options.start_timeout = 200ms;
    RecordingControl control(situation.app);
    {
        Supervisor supervisor(options, control, "ipc:///nowhere");
        supervisor.start();
        CHECK(eventually([&] { return supervisor.status().state == GatewayState::failed; }));
        CHECK(supervisor.status().last_error.find("not ready within 200 ms") != std::string::npos);
    }
    situation.supervisor.start();
}

TEST_CASE("Supervisor: stop drains the ready and ends the starting workers") {
    Situation situation(2);
    situation.supervisor.start();
    situation.make_ready(2);
    auto reload = reload_in_background(situation);
    REQUIRE(situation.reaches(GatewayState::reloading));
    situation.stop(10s);
    CHECK(situation.control.was_told("stopping"));
    CHECK(situation.control.was_told("drain g1-w0"));
    CHECK(situation.control.was_told("drain g1-w1"));
    CHECK_FALSE(situation.control.was_told("drain g2-w0"));
    const ReloadResult result = reload.get();
    CHECK_FALSE(result.ok);
    CHECK(result.message == "the gateway is stopping");
    CHECK(situation.control.starts().empty());
    CHECK_FALSE(has_children());
}

TEST_CASE("Supervisor: stop kills what does not end by the deadline") {
    Situation situation(1, "stubborn");
    situation.supervisor.start();
    situation.make_ready(1);
    const auto began = proto::SteadyClock::now();
    situation.stop(0ms);  // an idle worker still gets a second
    CHECK(proto::SteadyClock::now() - began >= 900ms);
    CHECK(situation.control.starts().empty());
}

TEST_CASE("Supervisor: kill_all ends a stop that would take long") {
    Situation situation(2, "stubborn");
    situation.supervisor.start();
    situation.make_ready(2);
    std::promise<void> done;
    const auto began = proto::SteadyClock::now();
    situation.supervisor.stop(proto::Deadline::after(1h), [&done] { done.set_value(); });
    situation.supervisor.kill_all();
    REQUIRE(done.get_future().wait_for(test::kPatience) == std::future_status::ready);
    CHECK(proto::SteadyClock::now() - began < 10s);
}

TEST_CASE("Supervisor: after the end reload and stop still answer") {
    Situation situation(1);
    situation.supervisor.start();
    situation.make_ready(1);
    situation.stop(5s);
    const ReloadResult result =
        situation.supervisor.reload(proto::Deadline::after(test::kPatience));
    CHECK_FALSE(result.ok);
    CHECK(result.message == "the gateway is stopping");
}

TEST_CASE("Supervisor: many lives leave no descriptor behind") {
    {
        Situation warm_up(1);
        warm_up.supervisor.start();
        warm_up.make_ready(1);
    }
    const std::size_t before = test::open_descriptors();
    for (int round = 0; round < 3; ++round) {
        Situation situation(2, "children");
        situation.supervisor.start();
        situation.make_ready(2);
        ::kill(situation.first().pid, SIGKILL);
        situation.make_ready(2);
        situation.supervisor.request_reload();
        situation.finish_reload(2);
    }
    CHECK(test::open_descriptors() == before);
}
