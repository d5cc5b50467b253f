// What the tests of the supervisor share: a relay that records what it is told, and one supervisor
// with real processes (worker_double) from start to end.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/supervisor/fixture.hpp"
#include <doctest/doctest.h>
#include <spdlog/spdlog.h>

#include "gateway/supervisor/process.hpp"
#include "gateway/supervisor/supervisor.hpp"

namespace typhon::test {

using namespace std::chrono_literals;

/// Records the calls as text: "expect g1-w0", "drain g1-w0" ... with the random part left out.
class RecordingControl final : public WorkerControl {
public:
    explicit RecordingControl(const TempDir& app) : app_(app) {}

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

    [[nodiscard]] RelayStatus status() const override {
        const std::lock_guard lock(mutex_);
        RelayStatus status;
        for (const auto& identity : starts_) {
            const auto served = served_.find(identity);
            status.workers.push_back(
                {identity, 0, served == served_.end() ? 0 : served->second, {}});
        }
        return status;
    }
    /// From now on the start has served so many requests.
    void set_served(const std::string& identity, std::uint64_t requests) {
        const std::lock_guard lock(mutex_);
        served_[identity] = requests;
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

    const TempDir& app_;
    mutable std::mutex mutex_;
    std::vector<std::string> calls_;
    std::vector<std::string> starts_;
    std::map<std::string, std::uint64_t> served_;
    bool sound_ = true;
};

/// One supervisor from start to stop. At the end nothing may be left of it.
class Situation {
public:
    explicit Situation(std::uint32_t workers,
                       const std::string& mode = "serve",
                       const SupervisorOptions& options = {})
        : control(app), supervisor(complete(options, workers), control, "ipc:///nowhere") {
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
        REQUIRE(done.get_future().wait_for(kPatience) == std::future_status::ready);
    }

    /// Says READY for every start that runs and did not say it yet.
    void say_ready() {
        for (const auto& identity : control.starts()) {
            if (!told_.contains(identity) && !app.read(identity).empty()) {
                told_.insert(identity);
                supervisor.on_ready(identity, {});
            }
        }
    }
    /// The same until `count` are ready.
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

    TempDir app;
    RecordingControl control;
    std::atomic<int> first_ready = 0;
    std::atomic<int> failed_starts = 0;
    std::promise<std::string> failure;
    Supervisor supervisor;

private:
    SupervisorOptions complete(SupervisorOptions options, std::uint32_t workers) const {
        options.workers = workers;
        options.app = app.path();
        options.worker_bin = WORKER_DOUBLE;
        return options;
    }

    std::set<std::string> told_;
};

inline std::future<ReloadResult> reload_in_background(Situation& situation) {
    return std::async(std::launch::async, [&situation] {
        return situation.supervisor.reload(proto::Deadline::after(kPatience));
    });
}

inline bool is_gone(pid_t pid) {
    return eventually([pid] { return ::kill(pid, 0) != 0; });
}

}  // namespace typhon::test
