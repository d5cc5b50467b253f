#include "gateway/supervisor/state_table.hpp"

#include <array>
#include <map>
#include <utility>

#include <doctest/doctest.h>

using namespace typhon;
using State = WorkerState;
using Event = WorkerEvent;
using Action = WorkerAction;

namespace {

constexpr std::array kStates{State::starting,
                             State::ready,
                             State::hanging,
                             State::draining,
                             State::backing_off,
                             State::failed,
                             State::gone};
constexpr std::array kEvents{Event::became_ready,
                             Event::start_failed,
                             Event::died,
                             Event::kept_dying,
                             Event::fell_silent,
                             Event::worn,
                             Event::hung,
                             Event::late,
                             Event::time_out,
                             Event::retire,
                             Event::retry};

// Every pair that does something. All others must change nothing.
const std::map<std::pair<State, Event>, WorkerTransition> table{
    {{State::starting, Event::became_ready}, {State::ready, Action::serve}},
    {{State::starting, Event::start_failed}, {State::failed, Action::give_up}},
    {{State::starting, Event::kept_dying}, {State::failed, Action::give_up}},
    {{State::starting, Event::died}, {State::backing_off, Action::restart_later}},
    {{State::starting, Event::late}, {State::starting, Action::dump}},
    {{State::starting, Event::time_out}, {State::starting, Action::kill}},
    {{State::starting, Event::retire}, {State::draining, Action::kill}},
    {{State::ready, Event::died}, {State::backing_off, Action::restart_later}},
    {{State::ready, Event::kept_dying}, {State::backing_off, Action::restart_later}},
    {{State::ready, Event::fell_silent}, {State::hanging, Action::dump}},
    {{State::ready, Event::worn}, {State::ready, Action::renew}},
    {{State::ready, Event::hung}, {State::hanging, Action::dump}},
    {{State::ready, Event::retire}, {State::draining, Action::drain}},
    {{State::hanging, Event::died}, {State::backing_off, Action::restart_later}},
    {{State::hanging, Event::kept_dying}, {State::backing_off, Action::restart_later}},
    {{State::hanging, Event::time_out}, {State::hanging, Action::kill}},
    {{State::hanging, Event::retire}, {State::draining, Action::kill}},
    {{State::draining, Event::died}, {State::gone, Action::discard}},
    {{State::draining, Event::kept_dying}, {State::gone, Action::discard}},
    {{State::draining, Event::fell_silent}, {State::draining, Action::kill}},
    {{State::draining, Event::time_out}, {State::draining, Action::kill}},
    {{State::backing_off, Event::time_out}, {State::starting, Action::spawn}},
    {{State::backing_off, Event::retry}, {State::starting, Action::spawn}},
    {{State::backing_off, Event::retire}, {State::gone, Action::discard}},
    {{State::failed, Event::retry}, {State::starting, Action::spawn}},
    {{State::failed, Event::time_out}, {State::failed, Action::kill}},
    {{State::failed, Event::retire}, {State::gone, Action::discard}},
};

}  // namespace

TEST_CASE("StateTable: every pair of state and event has the documented outcome") {
    for (const State state : kStates) {
        for (const Event event : kEvents) {
            CAPTURE(state_name(state));
            CAPTURE(static_cast<int>(event));
            const auto row = table.find({state, event});
            const WorkerTransition expected =
                row == table.end() ? WorkerTransition{state, Action::none} : row->second;
            const WorkerTransition actual = transition(state, event);
            CHECK(state_name(actual.next) == state_name(expected.next));
            CHECK(static_cast<int>(actual.action) == static_cast<int>(expected.action));
        }
    }
}

TEST_CASE("StateTable: whatever happens, a worker that is retired starts no process again") {
    for (const State state : kStates) {
        const State retired = transition(state, Event::retire).next;
        for (const Event first : kEvents) {
            const auto [next, action] = transition(retired, first);
            CHECK(action != Action::spawn);
            for (const Event second : kEvents) {
                CHECK(transition(next, second).action != Action::spawn);
            }
        }
    }
}

TEST_CASE("StateTable: states have the names of the operator's page") {
    CHECK(state_name(State::starting) == "starting");
    CHECK(state_name(State::ready) == "ready");
    CHECK(state_name(State::hanging) == "hanging");
    CHECK(state_name(State::draining) == "draining");
    CHECK(state_name(State::backing_off) == "backing-off");
    CHECK(state_name(State::failed) == "failed");
}
