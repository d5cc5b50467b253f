// The supervisor with real processes: the end.
#include "tests/unit/supervisor/situation.hpp"

using namespace typhon;
using namespace typhon::test;

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
    REQUIRE(done.get_future().wait_for(kPatience) == std::future_status::ready);
    CHECK(proto::SteadyClock::now() - began < 10s);
}

TEST_CASE("Supervisor: after the end reload and stop still answer") {
    Situation situation(1);
    situation.supervisor.start();
    situation.make_ready(1);
    situation.stop(5s);
    const ReloadResult result = situation.supervisor.reload(proto::Deadline::after(kPatience));
    CHECK_FALSE(result.ok);
    CHECK(result.message == "the gateway is stopping");
}

TEST_CASE("Supervisor: many lives leave no descriptor behind") {
    {
        Situation warm_up(1);
        warm_up.supervisor.start();
        warm_up.make_ready(1);
    }
    const std::size_t before = open_descriptors();
    for (int round = 0; round < 3; ++round) {
        Situation situation(2, "children");
        situation.supervisor.start();
        situation.make_ready(2);
        ::kill(situation.first().pid, SIGKILL);
        situation.make_ready(2);
        situation.supervisor.request_reload();
        situation.finish_reload(2);
    }
    CHECK(open_descriptors() == before);
}
