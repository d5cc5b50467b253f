#include <atomic>
#include <future>
#include <memory>

#include <doctest/doctest.h>

#include "gateway/native/blocking_pool.hpp"

using typhon::BlockingPool;

TEST_CASE("BlockingPool: jobs run, and stop() runs what still waits") {
    std::atomic<int> ran = 0;
    BlockingPool pool(2, 100);
    for (int i = 0; i < 50; ++i) {
        REQUIRE(pool.submit([&ran] { ++ran; }));
    }
    pool.stop();
    CHECK(ran == 50);
    CHECK_FALSE(pool.submit([] {}));
}

TEST_CASE("BlockingPool: a full queue refuses, and takes jobs again when there is room") {
    BlockingPool pool(1, 1);
    std::promise<void> gate;
    std::promise<void> started;
    const std::shared_future<void> opened = gate.get_future().share();
    REQUIRE(pool.submit([&started, opened] {
        started.set_value();
        opened.wait();
    }));
    started.get_future().wait();
    CHECK(pool.submit([opened] { opened.wait(); }));
    CHECK_FALSE(pool.submit([] {}));
    gate.set_value();
    std::promise<void> done;
    while (!pool.submit([&done] { done.set_value(); })) {
    }
    done.get_future().wait();
}

TEST_CASE("BlockingPool: jobs of several threads run at once") {
    BlockingPool pool(2, 0);
    std::promise<void> first;
    std::promise<void> second;
    REQUIRE(pool.submit([&] {
        first.set_value();
        second.get_future().wait();
    }));
    REQUIRE(pool.submit([&] {
        first.get_future().wait();
        second.set_value();
    }));
    pool.stop();
}
