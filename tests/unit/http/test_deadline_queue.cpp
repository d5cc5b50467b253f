#include <doctest/doctest.h>

#include "gateway/http/deadline_queue.hpp"

using namespace typhon::http;
using namespace std::chrono_literals;

namespace {

constexpr DeadlineQueue::TimePoint kStart{1h};

DeadlineQueue make_queue() {
    DeadlineQueue queue;
    queue.set_length(DeadlineKind::head, 10s);
    queue.set_length(DeadlineKind::idle, 75s);
    return queue;
}

}  // namespace

TEST_CASE("DeadlineQueue: entries expire in order, after the length of their kind") {
    DeadlineQueue queue = make_queue();
    DeadlineEntry idle;
    DeadlineEntry head;
    queue.arm(idle, DeadlineKind::idle, kStart);
    queue.arm(head, DeadlineKind::head, kStart + 1s);
    CHECK(queue.next() == kStart + 11s);
    CHECK(queue.pop_expired(kStart + 10s) == nullptr);
    CHECK(queue.pop_expired(kStart + 11s) == &head);
    CHECK(queue.pop_expired(kStart + 11s) == nullptr);
    CHECK(queue.pop_expired(kStart + 75s) == &idle);
    CHECK(queue.next() == DeadlineQueue::TimePoint::max());
}

TEST_CASE("DeadlineQueue: arming again replaces the deadline") {
    DeadlineQueue queue = make_queue();
    DeadlineEntry first;
    DeadlineEntry second;
    queue.arm(first, DeadlineKind::head, kStart);
    queue.arm(second, DeadlineKind::head, kStart + 1s);
    queue.arm(first, DeadlineKind::head, kStart + 2s);
    CHECK(queue.pop_expired(kStart + 11s) == &second);
    CHECK(queue.pop_expired(kStart + 11s) == nullptr);
    queue.arm(first, DeadlineKind::idle, kStart + 3s);
    CHECK(queue.pop_expired(kStart + 30s) == nullptr);
}

TEST_CASE("DeadlineQueue: an entry that dies or is disarmed leaves its list") {
    DeadlineQueue queue = make_queue();
    DeadlineEntry stays;
    queue.arm(stays, DeadlineKind::head, kStart);
    {
        DeadlineEntry dies;
        queue.arm(dies, DeadlineKind::head, kStart);
    }
    DeadlineQueue::disarm(stays);
    CHECK(queue.next() == DeadlineQueue::TimePoint::max());
}
