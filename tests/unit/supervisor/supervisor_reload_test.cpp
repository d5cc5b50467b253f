// The supervisor with real processes: reload and scale.
#include "tests/unit/supervisor/situation.hpp"

using namespace typhon;
using namespace typhon::test;

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
    const ReloadResult result = situation.supervisor.reload(proto::Deadline::after(kPatience));
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
        return situation.supervisor.scale(3, proto::Deadline::after(kPatience));
    });
    situation.make_ready(3);
    CHECK(grown.get().ok);
    CHECK(situation.control.was_told("serve_only g1-w0 g1-w1 g1-w2"));
    CHECK(situation.supervisor.scale(2, proto::Deadline::after(kPatience)).ok);
    CHECK(situation.control.was_told("serve_only g1-w0 g1-w1"));
    CHECK(eventually([&] { return situation.supervisor.status().workers.size() == 2; }));
    CHECK(situation.control.was_told("drain g1-w2"));
}

TEST_CASE("Supervisor: a smaller set keeps the worker that serves, whatever its place") {
    Situation situation(2);
    situation.supervisor.start();
    situation.make_ready(2);
    const WorkerStatus serving = situation.supervisor.status().workers.at(1);
    situation.app.write("mode.py", "exit 3");
    ::kill(situation.first().pid, SIGKILL);
    REQUIRE(eventually([&] { return situation.in_state(WorkerState::failed) == 1; }));
    CHECK(situation.supervisor.scale(1, proto::Deadline::after(kPatience)).ok);
    REQUIRE(eventually([&] { return situation.supervisor.status().workers.size() == 1; }));
    CHECK(situation.first().identity == serving.identity);
    CHECK(situation.first().slot == 0);
    CHECK(situation.supervisor.status().state == GatewayState::ready);
    CHECK_FALSE(situation.control.was_told("drain g1-w1"));

    // Its successor takes its new place.
    situation.app.write("mode.py", "serve");
    situation.supervisor.on_leaving(serving.identity);
    REQUIRE(eventually([&] {
        situation.say_ready();
        return situation.first().identity != serving.identity;
    }));
    CHECK(situation.first().slot == 0);
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
    const ReloadResult result = situation.supervisor.scale(3, proto::Deadline::after(kPatience));
    CHECK_FALSE(result.ok);
    CHECK(result.workers == 1);
    CHECK(situation.ready() == 1);
    CHECK(eventually([&] { return situation.supervisor.status().workers.size() == 1; }));
}
