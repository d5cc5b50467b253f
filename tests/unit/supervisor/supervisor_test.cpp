// The supervisor with real processes: start, death, failure.
#include "tests/unit/supervisor/situation.hpp"

using namespace typhon;
using namespace typhon::test;

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

TEST_CASE("Supervisor: a worker that hangs gets no requests, shows its stacks, and is replaced") {
    Situation situation(2);
    situation.supervisor.start();
    situation.make_ready(2);
    const WorkerStatus before = situation.first();
    situation.supervisor.on_hung(before.identity, {2, 5'000, false, true});
    REQUIRE(eventually([&] { return situation.in_state(WorkerState::hanging) == 1; }));
    CHECK(situation.control.calls().back() == "serve_only g1-w1");
    CHECK(eventually([&] { return situation.app.read(before.identity + ".stacks") == "stacks"; }));
    REQUIRE(eventually([&] { return situation.first().pid != before.pid; }));
    situation.make_ready(2);
    CHECK(situation.first().restarts == 1);
}

TEST_CASE("Supervisor: a worker of which one handler hangs serves until its successor is ready") {
    Situation situation(2);
    situation.supervisor.start();
    situation.make_ready(2);
    const WorkerStatus before = situation.first();
    situation.supervisor.on_hung(before.identity, {1, 5'000, true, true});
    REQUIRE(eventually([&] { return situation.in_state(WorkerState::starting) == 1; }));
    CHECK(situation.first().pid == before.pid);
    CHECK(situation.in_state(WorkerState::ready) == 2);
    CHECK(eventually([&] { return situation.app.read(before.identity + ".stacks") == "stacks"; }));
    situation.supervisor.on_hung(before.identity, {1, 15'000, true, false});  // no second successor
    REQUIRE(eventually([&] {
        situation.make_ready(2);
        return situation.first().pid != before.pid &&
               situation.supervisor.status().workers.size() == 2;
    }));
    CHECK(situation.control.was_told("drain g1-w0"));
    CHECK(situation.control.was_told("serve_only g1-w0 g1-w1"));
    CHECK(situation.first().restarts == 1);
    CHECK(situation.supervisor.status().generation == 1);
}

TEST_CASE(
    "Supervisor: when the successor does not start, the worker serves on, and it is tried again") {
    Situation situation(1);
    situation.supervisor.start();
    situation.make_ready(1);
    const WorkerStatus before = situation.first();
    situation.supervisor.on_hung(before.identity, {1, 5'000, true, true});
    situation.fail_start("Traceback: half an edit");
    REQUIRE(eventually([&] {
        const std::string error = situation.supervisor.status().last_error;
        return error.ends_with("could not be replaced:\nTraceback: half an edit");
    }));
    CHECK(situation.first().pid == before.pid);
    CHECK(situation.supervisor.status().state == GatewayState::ready);
    situation.supervisor.on_hung(before.identity, {1, 15'000, true, false});
    REQUIRE(eventually([&] {
        situation.make_ready(1);
        return situation.first().pid != before.pid;
    }));
    CHECK(situation.supervisor.status().last_error.empty());
}

TEST_CASE("Supervisor: a worker that is to leave serves until its successor is ready, once") {
    Situation situation(2);
    situation.supervisor.start();
    situation.make_ready(2);
    const WorkerStatus before = situation.first();
    for (int told = 0; told < 3; ++told) {
        situation.supervisor.on_leaving(before.identity);
    }
    REQUIRE(eventually([&] { return situation.in_state(WorkerState::starting) == 1; }));
    CHECK(situation.in_state(WorkerState::ready) == 2);
    CHECK_FALSE(situation.control.was_told("drain g1-w0"));
    REQUIRE(eventually([&] {
        situation.make_ready(2);
        return situation.first().pid != before.pid &&
               situation.supervisor.status().workers.size() == 2;
    }));
    CHECK(situation.control.was_told("drain g1-w0"));
    CHECK(situation.first().restarts == 1);
}

TEST_CASE("Supervisor: a worker that is to leave gets no successor once a stop has begun") {
    Situation situation(1);
    situation.supervisor.start();
    situation.make_ready(1);
    situation.supervisor.refuse_changes();
    situation.supervisor.on_leaving(situation.first().identity);
    situation.stop(5s);
    const auto calls = situation.control.calls();
    CHECK(std::count(calls.begin(), calls.end(), "expect g1-w0") == 1);
}

TEST_CASE("Supervisor: a stop does not wait for a worker that hangs") {
    Situation situation(1, "stubborn");
    situation.supervisor.start();
    situation.make_ready(1);
    situation.supervisor.on_hung(situation.first().identity, {1, 5'000, false, true});
    REQUIRE(eventually([&] { return situation.in_state(WorkerState::hanging) == 1; }));
    const auto begun = proto::SteadyClock::now();
    situation.stop(20s);
    CHECK(proto::SteadyClock::now() - begun < 10s);
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
    REQUIRE(failure.wait_for(kPatience) == std::future_status::ready);
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
