// How the memory of request bodies is counted.
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "gateway/http/body_budget.hpp"

using typhon::http::BodyBudget;
using typhon::http::BodyShare;

namespace {

constexpr std::size_t kKibi = 1024;

}  // namespace

TEST_CASE("BodyBudget: a share is given whole or not at all, and comes back at its end") {
    BodyBudget budget(800 * kKibi, 0);
    {
        BodyShare one(budget);
        CHECK(one.grow(500 * kKibi));
        BodyShare two(budget);
        CHECK_FALSE(two.grow(300 * kKibi));
        CHECK(two.bytes() == 0);
        CHECK(two.grow(200 * kKibi));
        CHECK(budget.used() == 700 * kKibi);
    }
    CHECK(budget.used() == 0);
}

TEST_CASE("BodyBudget: an eighth is for small bodies alone") {
    BodyBudget budget(800 * kKibi, 0);
    BodyShare large(budget);
    CHECK_FALSE(large.grow(701 * kKibi));
    CHECK(large.grow(700 * kKibi));
    BodyShare small(budget);
    CHECK(small.grow(BodyBudget::kSmall));
    BodyShare other(budget);
    CHECK(other.grow(36 * kKibi));
    BodyShare none(budget);
    CHECK_FALSE(none.grow(1));
}

TEST_CASE("BodyBudget: the longest body that must fit does, even beyond the share of large ones") {
    BodyBudget budget(800 * kKibi, 800 * kKibi);
    BodyShare share(budget);
    CHECK(share.grow(800 * kKibi));
}

TEST_CASE("BodyBudget: a small share that grows large counts as large") {
    BodyBudget budget(800 * kKibi, 0);
    BodyShare share(budget);
    CHECK(share.grow(64 * kKibi));
    CHECK(share.grow(128 * kKibi));
    CHECK(share.grow(100 * kKibi));  // it has more
    BodyShare other(budget);
    CHECK_FALSE(other.grow(600 * kKibi));
    CHECK(other.grow(572 * kKibi));
    share.reset();
    CHECK(budget.used() == 572 * kKibi);
    share.reset();
    CHECK(budget.used() == 572 * kKibi);
}

TEST_CASE("BodyBudget: room is told to those who wait, and only then") {
    BodyBudget budget(800 * kKibi, 0);
    int told = 0;
    budget.on_room = [&told] { ++told; };
    BodyShare share(budget);
    CHECK(share.grow(1));
    share.reset();
    CHECK(told == 0);
    budget.waiter_comes();
    CHECK(share.grow(1));
    share.reset();
    CHECK(told == 1);
    budget.waiter_goes();
}

TEST_CASE("BodyBudget: threads together never hold more than the limit") {
    constexpr std::size_t kLimit = std::size_t{1000} * kKibi;
    BodyBudget budget(kLimit, kLimit);
    std::vector<std::thread> threads;
    threads.reserve(4);
    std::atomic<bool> exceeded = false;
    for (int number = 0; number < 4; ++number) {
        threads.emplace_back([&] {
            for (int round = 0; round < 20'000; ++round) {
                BodyShare one(budget);
                BodyShare two(budget);
                (void)one.grow(400 * kKibi);
                (void)two.grow(kKibi);
                exceeded = exceeded || budget.used() > kLimit;
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK_FALSE(exceeded);
    CHECK(budget.used() == 0);
}
