#include "gateway/supervisor/state_table.hpp"

namespace typhon {

namespace {

using State = WorkerState;
using Event = WorkerEvent;
using Action = WorkerAction;

WorkerTransition from_starting(Event event) noexcept {
    switch (event) {
        case Event::became_ready:
            return {State::ready, Action::serve};
        case Event::start_failed:
        case Event::kept_dying:
            return {State::failed, Action::give_up};
        case Event::died:
            return {State::backing_off, Action::restart_later};
        case Event::late:
            return {State::starting, Action::dump};
        case Event::time_out:
            return {State::starting, Action::kill};
        case Event::retire:  // it has no request, so nothing is lost
            return {State::draining, Action::kill};
        default:
            return {State::starting, Action::none};
    }
}

WorkerTransition from_ready(Event event) noexcept {
    switch (event) {
        case Event::died:
        case Event::kept_dying:
            return {State::backing_off, Action::restart_later};
        case Event::worn:
            return {State::ready, Action::renew};
        case Event::fell_silent:
        case Event::hung:
            return {State::hanging, Action::dump};
        case Event::retire:
            return {State::draining, Action::drain};
        default:
            return {State::ready, Action::none};
    }
}

WorkerTransition from_hanging(Event event) noexcept {
    switch (event) {
        case Event::died:
        case Event::kept_dying:
            return {State::backing_off, Action::restart_later};
        case Event::time_out:
            return {State::hanging, Action::kill};
        case Event::retire:  // it would not drain
            return {State::draining, Action::kill};
        default:
            return {State::hanging, Action::none};
    }
}

WorkerTransition from_draining(Event event) noexcept {
    switch (event) {
        case Event::died:
        case Event::kept_dying:
            return {State::gone, Action::discard};
        case Event::fell_silent:
        case Event::time_out:
            return {State::draining, Action::kill};
        default:
            return {State::draining, Action::none};
    }
}

WorkerTransition from_backing_off(Event event) noexcept {
    switch (event) {
        case Event::time_out:
        case Event::retry:
            return {State::starting, Action::spawn};
        case Event::retire:
            return {State::gone, Action::discard};
        default:
            return {State::backing_off, Action::none};
    }
}

WorkerTransition from_failed(Event event) noexcept {
    switch (event) {
        case Event::retry:
            return {State::starting, Action::spawn};
        case Event::time_out:  // it said why it cannot start, and did not exit
            return {State::failed, Action::kill};
        case Event::retire:
            return {State::gone, Action::discard};
        default:
            return {State::failed, Action::none};
    }
}

}  // namespace

WorkerTransition transition(WorkerState state, WorkerEvent event) noexcept {
    switch (state) {
        case State::starting:
            return from_starting(event);
        case State::ready:
            return from_ready(event);
        case State::hanging:
            return from_hanging(event);
        case State::draining:
            return from_draining(event);
        case State::backing_off:
            return from_backing_off(event);
        case State::failed:
            return from_failed(event);
        case State::gone:
            break;
    }
    return {State::gone, Action::none};
}

std::string_view state_name(WorkerState state) noexcept {
    switch (state) {
        case State::starting:
            return "starting";
        case State::ready:
            return "ready";
        case State::hanging:
            return "hanging";
        case State::draining:
            return "draining";
        case State::backing_off:
            return "backing-off";
        case State::failed:
            return "failed";
        case State::gone:
            break;
    }
    return "gone";
}

}  // namespace typhon
