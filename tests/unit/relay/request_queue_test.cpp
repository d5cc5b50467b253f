// Promises of gateway/relay/request_queue and expiry.
#include "gateway/relay/request_queue.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "gateway/relay/expiry.hpp"

namespace typhon::relay {

namespace {

struct QueueFixture {
    RouteState slow_route;
    RouteState quick_route;
    PendingPool pool;
    RequestQueue queue{4, 100};

    Pending& make(std::uint64_t id, RouteState& route, std::size_t bytes = 10) {
        Pending& pending = *pool.take();
        pending.id = id;
        pending.route = &route;
        pending.tail.assign(bytes, 'x');
        return pending;
    }
    static bool any(const RouteState& /*route*/) { return true; }
};

}  // namespace

TEST_CASE_FIXTURE(QueueFixture, "RequestQueue: bounded by count") {
    for (std::uint64_t id = 1; id <= 4; ++id) {
        Pending& pending = make(id, quick_route);
        REQUIRE(queue.has_room(pending));
        queue.add(pending);
    }
    CHECK_FALSE(queue.has_room(make(5, quick_route)));
    CHECK(queue.depth() == 4);
}

TEST_CASE_FIXTURE(QueueFixture, "RequestQueue: bounded by bytes") {
    queue.add(make(1, quick_route, 60));
    CHECK(queue.has_room(make(2, quick_route, 40)));
    CHECK_FALSE(queue.has_room(make(3, quick_route, 41)));
    CHECK(queue.bytes() == 60);
}

TEST_CASE_FIXTURE(QueueFixture, "RequestQueue: the oldest request of all routes comes first") {
    queue.add(make(7, quick_route));
    queue.add(make(3, slow_route));
    queue.add(make(9, slow_route));
    CHECK(queue.oldest(any)->id == 3);
}

TEST_CASE_FIXTURE(QueueFixture,
                  "RequestQueue: a route that cannot be served does not hold up another") {
    queue.add(make(1, slow_route));
    queue.add(make(2, quick_route));
    const auto quick_only = [this](const RouteState& route) { return &route == &quick_route; };
    Pending* next = queue.oldest(quick_only);
    REQUIRE(next != nullptr);
    CHECK(next->id == 2);
    queue.remove(*next);
    CHECK(queue.oldest(quick_only) == nullptr);
    CHECK(queue.depth() == 1);
    CHECK(queue.bytes() == 10);
}

TEST_CASE_FIXTURE(QueueFixture,
                  "RequestQueue: requests that come back stand before those that came later") {
    queue.add(make(5, quick_route));
    queue.add(make(7, quick_route));
    for (const std::uint64_t id : {2, 6, 3, 9}) {
        queue.put_back(make(id, quick_route));
    }
    for (const std::uint64_t id : {2, 3, 5, 6, 7, 9}) {
        Pending* next = queue.oldest(any);
        REQUIRE(next != nullptr);
        CHECK(next->id == id);
        queue.remove(*next);
    }
    CHECK(queue.depth() == 0);
    CHECK(queue.bytes() == 0);
}

TEST_CASE_FIXTURE(QueueFixture, "Expiry: only what has passed is expired, whatever its length") {
    Expiry expiry;
    const auto now = proto::SteadyClock::now();
    const auto watch = [&](std::uint64_t id, std::uint32_t timeout_ms) {
        Pending& pending = make(id, quick_route);
        pending.deadline = proto::Deadline::after(std::chrono::milliseconds(timeout_ms), now);
        expiry.add(pending, timeout_ms);
    };
    watch(1, 1000);
    watch(2, 100);
    watch(3, 1000);
    std::vector<std::uint64_t> expired;
    const auto note = [&expired](Pending& pending) { expired.push_back(pending.id); };
    expiry.sweep(now + std::chrono::milliseconds(99), note);
    CHECK(expired.empty());
    expiry.sweep(now + std::chrono::milliseconds(100), note);
    CHECK(expired == std::vector<std::uint64_t>{2});
    expiry.sweep(now + std::chrono::milliseconds(1000), note);
    CHECK(expired == std::vector<std::uint64_t>{2, 1, 3});
}

}  // namespace typhon::relay
