// The supervisor with real processes: recycling.
#include "tests/unit/supervisor/situation.hpp"

using namespace typhon;
using namespace typhon::test;

namespace {

SupervisorOptions after_requests(std::uint64_t requests) {
    SupervisorOptions options;
    options.max_requests = requests;
    return options;
}

/// A worker of which the slot's successor starts is ready, and so are all others.
bool recycling_begins(const Situation& situation, std::size_t workers) {
    return eventually([&] {
        return situation.ready() == workers && situation.in_state(WorkerState::starting) == 1;
    });
}

bool recycled(Situation& situation, std::uint32_t slot, std::uint32_t times) {
    return eventually([&] {
        situation.say_ready();
        const auto status = situation.supervisor.status();
        return status.workers.at(slot).recycled == times;
    });
}

}  // namespace

TEST_CASE("Supervisor: a worker that has served its requests is replaced, its successor first") {
    Situation situation(2, "serve", after_requests(100));
    situation.supervisor.start();
    situation.make_ready(2);
    const auto before = situation.supervisor.status().workers;
    situation.control.set_served(before.at(1).identity, 100);
    REQUIRE(recycling_begins(situation, 2));
    CHECK(situation.supervisor.status().state == GatewayState::ready);
    CHECK_FALSE(situation.control.was_told("drain g1-w1"));
    REQUIRE(recycled(situation, 1, 1));
    const auto after = situation.supervisor.status().workers;
    CHECK(after.at(0).identity == before.at(0).identity);
    CHECK(after.at(1).identity != before.at(1).identity);
    CHECK(after.at(1).generation == 1);
    CHECK(after.at(1).restarts == 0);
    CHECK(is_gone(before.at(1).pid));
    CHECK(situation.control.was_told("drain g1-w1"));
    CHECK_FALSE(situation.control.was_told("drain g1-w0"));
}

TEST_CASE("Supervisor: of two workers that are due one is recycled at a time") {
    Situation situation(2, "serve", after_requests(1));
    situation.supervisor.start();
    situation.make_ready(2);
    for (const auto& worker : situation.supervisor.status().workers) {
        situation.control.set_served(worker.identity, 5);
    }
    REQUIRE(recycling_begins(situation, 2));
    std::atomic<bool> one_at_a_time = true;
    REQUIRE(eventually([&] {
        situation.say_ready();
        const auto status = situation.supervisor.status();
        one_at_a_time = one_at_a_time && status.workers.size() <= 3;
        return status.workers.at(0).recycled == 1 && status.workers.at(1).recycled == 1;
    }));
    CHECK(one_at_a_time);
}

TEST_CASE("Supervisor: when the successor does not start the worker serves on, and it is told") {
    Situation situation(1, "serve", after_requests(1));
    situation.supervisor.start();
    situation.make_ready(1);
    const WorkerStatus serving = situation.first();
    situation.app.write("mode.py", "exit 4");
    situation.control.set_served(serving.identity, 1);
    REQUIRE(eventually([&] { return !situation.supervisor.status().last_error.empty(); }));
    const auto status = situation.supervisor.status();
    CHECK(status.last_error.find("could not be replaced") != std::string::npos);
    CHECK(status.last_error.find("exit code 4") != std::string::npos);
    CHECK(status.state == GatewayState::ready);
    CHECK(status.workers.at(0).identity == serving.identity);
    CHECK_FALSE(situation.control.was_told("failed retry"));

    // It is tried again, and a good try clears the error.
    situation.app.write("mode.py", "serve");
    REQUIRE(recycled(situation, 0, 1));
    CHECK(situation.supervisor.status().last_error.empty());
}

TEST_CASE("Supervisor: a reload does not wait for a recycling that is under way") {
    Situation situation(1, "serve", after_requests(1));
    situation.supervisor.start();
    situation.make_ready(1);
    situation.control.set_served(situation.first().identity, 1);
    REQUIRE(recycling_begins(situation, 1));
    auto reload = reload_in_background(situation);
    REQUIRE(situation.reaches(GatewayState::reloading));
    situation.finish_reload(2);
    CHECK(reload.get().ok);
    CHECK(situation.first().recycled == 0);
}

TEST_CASE("Supervisor: a worker that is to leave while it is recycled gets no second successor") {
    Situation situation(1, "serve", after_requests(1));
    situation.supervisor.start();
    situation.make_ready(1);
    const WorkerStatus before = situation.first();
    situation.control.set_served(before.identity, 1);
    REQUIRE(recycling_begins(situation, 1));
    const std::string successor = situation.control.starts().back();
    situation.supervisor.on_leaving(before.identity);
    REQUIRE(eventually([&] {
        situation.say_ready();
        return situation.first().identity != before.identity;
    }));
    CHECK(situation.first().identity == successor);
    CHECK(situation.first().restarts == 1);  // it had to be replaced, limit or not
    CHECK(situation.first().recycled == 0);
}

TEST_CASE("Supervisor: a recycling gives way to another worker that is to leave") {
    Situation situation(2, "serve", after_requests(1));
    situation.supervisor.start();
    situation.make_ready(2);
    const auto before = situation.supervisor.status().workers;
    situation.control.set_served(before.at(0).identity, 1);
    REQUIRE(recycling_begins(situation, 2));
    situation.supervisor.on_leaving(before.at(1).identity);
    REQUIRE(eventually([&] {
        situation.say_ready();
        return situation.supervisor.status().workers.at(1).restarts == 1;
    }));
    CHECK(recycled(situation, 0, 1));
}

TEST_CASE("Supervisor: a stop ends a recycling that is under way") {
    Situation situation(1, "serve", after_requests(1));
    situation.supervisor.start();
    situation.make_ready(1);
    situation.control.set_served(situation.first().identity, 1);
    REQUIRE(recycling_begins(situation, 1));
    situation.stop(5s);
}

TEST_CASE("Supervisor: a worker of the highest age is replaced") {
    SupervisorOptions options;
    options.max_worker_age = 500ms;
    Situation situation(1, "serve", options);
    situation.supervisor.start();
    situation.make_ready(1);
    CHECK(recycled(situation, 0, 1));
}
