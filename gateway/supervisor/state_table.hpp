// What happens to one worker of the set: (state, event) -> (state, action). The only place that
// decides it.
//
// It knows no process, clock or socket; WorkerSet carries the actions out. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace typhon {

enum class WorkerState : std::uint8_t {
    starting,     // spawned, imports the application
    ready,        // may get requests
    hanging,      // makes no progress: asked for its stacks, then killed
    draining,     // answers what it has, then exits
    backing_off,  // died; the next start is scheduled
    failed,       // the application does not start; a retry, an edit or a reload tries again
    gone,         // no longer part of the set
};

enum class WorkerEvent : std::uint8_t {
    became_ready,  // it said READY
    start_failed,  // it said why it cannot start
    died,          // the process ended
    kept_dying,    // the process ended before READY, for the last time that is tolerated
    fell_silent,   // nothing was heard from it although it was asked
    worn,          // a successor is to take its place
    hung,          // handlers in it hang, and nothing goes on
    late,          // it is not ready in time
    time_out,      // the time of its state is over
    retire,        // a reload, a smaller set or a stop: it is not wanted any more
    retry,         // a failed one should try again
};

enum class WorkerAction : std::uint8_t {
    none,
    serve,          // tell the relay
    restart_later,  // at once or after a back-off
    give_up,        // tell why, and wait for a reason to try again
    renew,          // start a successor beside it, then drain it
    dump,           // no more requests; ask for its stacks, and give it a moment to write them
    kill,           // SIGKILL to the process group; the death follows
    drain,          // ask it, by the relay, to finish and exit
    spawn,          // start a process
    discard,        // nothing of it is needed any more
};

struct WorkerTransition {
    WorkerState next;
    WorkerAction action;

    friend bool operator==(const WorkerTransition&, const WorkerTransition&) = default;
};

/// The decision for every pair; an event that means nothing in a state changes nothing.
[[nodiscard]] WorkerTransition transition(WorkerState state, WorkerEvent event) noexcept;

/// "starting", "ready", "hanging", "draining", "backing-off", "failed", "gone".
[[nodiscard]] std::string_view state_name(WorkerState state) noexcept;

}  // namespace typhon
