// Promises of gateway/relay/dispatch_policy.
#include "gateway/relay/dispatch_policy.hpp"

#include <doctest/doctest.h>

namespace typhon::relay {

namespace {

using proto::RunTime;

constexpr std::uint32_t kWide = 128;

WorkerLoad load_of(std::uint32_t quick, std::uint32_t slow, std::uint32_t async = 0) {
    return WorkerLoad{
        .threads = 8, .async_capacity = 1000, .quick = quick, .slow = slow, .async = async};
}

}  // namespace

TEST_CASE("credit_class: async by mode, sync by what was measured") {
    CHECK(credit_class(proto::RouteMode::async, RunTime{}) == CreditClass::async);
    CHECK(credit_class(proto::RouteMode::thread, RunTime{}) == CreditClass::slow);
    CHECK(credit_class(proto::RouteMode::thread, RunTime(8)) == CreditClass::quick);
    CHECK(credit_class(proto::RouteMode::pool, RunTime(50'000)) == CreditClass::slow);
}

TEST_CASE("has_credit: slow requests get the threads and no more") {
    CHECK(has_credit(CreditClass::slow, load_of(0, 7), 50'000, kWide));
    CHECK_FALSE(has_credit(CreditClass::slow, load_of(0, 8), 50'000, kWide));
}

TEST_CASE("has_credit: quick requests get wide credit, narrowing as they take longer") {
    CHECK(has_credit(CreditClass::quick, load_of(127, 0), 8, kWide));
    CHECK_FALSE(has_credit(CreditClass::quick, load_of(128, 0), 8, kWide));
    CHECK(has_credit(CreditClass::quick, load_of(39, 0), 100, kWide));
    CHECK_FALSE(has_credit(CreditClass::quick, load_of(40, 0), 100, kWide));
    CHECK_FALSE(has_credit(CreditClass::quick, load_of(8, 0), 999, kWide));
}

TEST_CASE("has_credit: a quick request does not go where every thread is in a slow handler") {
    CHECK(has_credit(CreditClass::quick, load_of(0, 7), 8, kWide));
    CHECK_FALSE(has_credit(CreditClass::quick, load_of(0, 8), 8, kWide));
}

TEST_CASE("has_credit: async has a credit of its own") {
    CHECK(has_credit(CreditClass::async, load_of(128, 8, 999), 0, kWide));
    CHECK_FALSE(has_credit(CreditClass::async, load_of(0, 0, 1000), 0, kWide));
}

TEST_CASE("has_credit: a wide credit below the threads is respected") {
    CHECK(has_credit(CreditClass::quick, load_of(1, 0), 900, 2));
    CHECK_FALSE(has_credit(CreditClass::quick, load_of(2, 0), 900, 2));
}

TEST_CASE("less_loaded: slow handlers weigh more than any number of quick ones") {
    CHECK(less_loaded(CreditClass::quick, load_of(100, 0), load_of(0, 1)));
    CHECK(less_loaded(CreditClass::quick, load_of(3, 1), load_of(4, 1)));
    CHECK_FALSE(less_loaded(CreditClass::quick, load_of(4, 1), load_of(4, 1)));
    CHECK(less_loaded(CreditClass::async, load_of(50, 8, 1), load_of(0, 0, 2)));
}

TEST_CASE("Batch: it leaves when a turn brought nothing, when little is under way, and in time") {
    CHECK(batch_may_grow(1, kManyRunning, {}));
    CHECK_FALSE(batch_may_grow(0, kManyRunning, {}));
    CHECK_FALSE(batch_may_grow(1, kManyRunning - 1, {}));
    CHECK(batch_may_grow(1, 1000, kMaxHold - std::chrono::nanoseconds(1)));
    CHECK_FALSE(batch_may_grow(1, 1000, kMaxHold));
}

}  // namespace typhon::relay
