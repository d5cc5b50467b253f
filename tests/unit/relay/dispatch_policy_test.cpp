// Promises of gateway/relay/dispatch_policy.
#include "gateway/relay/dispatch_policy.hpp"

#include <doctest/doctest.h>

namespace typhon::relay {

namespace {

constexpr std::uint32_t kWide = 128;

WorkerLoad load_of(std::uint32_t quick, std::uint32_t slow, std::uint32_t async = 0) {
    return WorkerLoad{
        .threads = 8, .async_capacity = 1000, .quick = quick, .slow = slow, .async = async};
}

RunTime run_time_of(std::uint32_t run_us) {
    RunTime run_time;
    run_time.add(run_us);
    return run_time;
}

}  // namespace

TEST_CASE("RunTime: a route without figures counts as slow") {
    CHECK_FALSE(RunTime{}.quick());
}

TEST_CASE("RunTime: the first figure counts whole, later ones one eighth") {
    RunTime run_time = run_time_of(800);
    CHECK(run_time.mean_us() == 800);
    CHECK(run_time.quick());
    run_time.add(8800);
    CHECK(run_time.mean_us() == 1800);
    CHECK_FALSE(run_time.quick());
}

TEST_CASE("RunTime: one slow answer among quick ones does not narrow the credit for long") {
    RunTime run_time = run_time_of(10);
    run_time.add(20000);
    CHECK_FALSE(run_time.quick());
    for (int i = 0; i < 10; ++i) {
        run_time.add(10);
    }
    CHECK(run_time.quick());
}

TEST_CASE("credit_class: async by mode, sync by what was measured") {
    CHECK(credit_class(proto::RouteMode::async, RunTime{}) == CreditClass::async);
    CHECK(credit_class(proto::RouteMode::thread, RunTime{}) == CreditClass::slow);
    CHECK(credit_class(proto::RouteMode::thread, run_time_of(8)) == CreditClass::quick);
    CHECK(credit_class(proto::RouteMode::pool, run_time_of(50'000)) == CreditClass::slow);
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

}  // namespace typhon::relay
