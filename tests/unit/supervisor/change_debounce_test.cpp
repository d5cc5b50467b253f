#include "gateway/supervisor/change_debounce.hpp"

#include <doctest/doctest.h>

using namespace typhon;
using namespace std::chrono_literals;

namespace {

constexpr ChangeDebounce::TimePoint kBegin{1h};

}  // namespace

TEST_CASE("ChangeDebounce: nothing is told while nothing changes") {
    ChangeDebounce debounce(1);
    CHECK_FALSE(debounce.look(1, kBegin));
    CHECK_FALSE(debounce.look(1, kBegin + 1h));
    CHECK_FALSE(debounce.pending());
}

TEST_CASE("ChangeDebounce: a change is told once, when the files are at rest") {
    ChangeDebounce debounce(1);
    CHECK_FALSE(debounce.look(2, kBegin));
    CHECK(debounce.pending());
    CHECK_FALSE(debounce.look(2, kBegin + ChangeDebounce::kQuiet - 1ms));
    CHECK(debounce.look(2, kBegin + ChangeDebounce::kQuiet));
    CHECK_FALSE(debounce.pending());
    CHECK_FALSE(debounce.look(2, kBegin + 1h));
}

TEST_CASE("ChangeDebounce: each further change begins the rest anew") {
    ChangeDebounce debounce(0);
    auto now = kBegin;
    for (std::uint64_t step = 1; step <= 5; ++step) {
        CHECK_FALSE(debounce.look(step, now));
        now += ChangeDebounce::kQuiet - 1ms;
    }
    CHECK_FALSE(debounce.look(5, now));
    CHECK(debounce.look(5, now + 1ms));
}

TEST_CASE("ChangeDebounce: files that never rest are told in the end, again and again") {
    ChangeDebounce debounce(0);
    std::uint64_t step = 0;
    int told = 0;
    for (auto now = kBegin; now < kBegin + 3 * ChangeDebounce::kPatience; now += 50ms) {
        told += debounce.look(++step, now) ? 1 : 0;
    }
    CHECK(told == 2);
}

TEST_CASE("ChangeDebounce: what is undone before the rest is no change") {
    ChangeDebounce debounce(1);
    CHECK_FALSE(debounce.look(2, kBegin));
    CHECK_FALSE(debounce.look(1, kBegin + 50ms));
    CHECK_FALSE(debounce.look(1, kBegin + 1s));
    CHECK_FALSE(debounce.pending());
}
