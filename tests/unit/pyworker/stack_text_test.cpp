#include "pyworker/stack_text.hpp"

#include <doctest/doctest.h>

#include "pyworker/route_table.hpp"

using namespace std::chrono_literals;

namespace typhon::worker {

namespace {

const proto::SteadyClock::time_point now{std::chrono::hours{1}};

}  // namespace

TEST_CASE("StackText: a request is described by route, function, id, age and lateness") {
    Route route;
    route.info.pattern = "/python/sum";
    route.info.name = "app.sum";
    RunningRequest request{"0000000000001234", &route, now - 3s, proto::Deadline(now + 1s)};
    CHECK(describe(request, now) ==
          "/python/sum -> app.sum, request 0000000000001234, for 3000 ms");
    request.deadline = proto::Deadline(now - 250ms);
    CHECK(
        describe(request, now) ==
        "/python/sum -> app.sum, request 0000000000001234, for 3000 ms, 250 ms past its deadline");
}

TEST_CASE("StackText: each headline becomes the note of its thread, frames stay as they are") {
    const std::string dump =
        "Thread 0x00007f0000000002 (most recent call first):\n"
        "  File \"/app/a.py\", line 3 in spin\n"
        "\n"
        "Current thread 0x00007f0000000001 (most recent call first):\n"
        "  File \"Thread 0x00007f0000000002\", line 9 in odd\n"
        "Thread 0x00007f0000000009 (most recent call first):\n"
        "  <no Python frame>\n";
    CHECK(annotate(dump, {{0x7f0000000001, "main thread"}, {0x7f0000000002, "typhon-0 runs x"}}) ==
          "thread: typhon-0 runs x\n"
          "  File \"/app/a.py\", line 3 in spin\n"
          "thread: main thread\n"
          "  File \"Thread 0x00007f0000000002\", line 9 in odd\n"
          "thread: another thread\n"
          "  <no Python frame>");
}

TEST_CASE("StackText: half a dump, or none, is no fault") {
    CHECK(annotate("", {}).empty());
    CHECK(annotate("\n\n", {}).empty());
    CHECK(annotate("Thread 0x", {}) == "Thread 0x");
    CHECK(annotate("Thread 0x7f (mo", {{0x7f, "a"}}) == "thread: a");
}

}  // namespace typhon::worker
