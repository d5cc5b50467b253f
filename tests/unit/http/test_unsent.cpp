#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "gateway/http/unsent.hpp"

using typhon::http::Unsent;

namespace {

struct Drops {
    std::string names;
    [[nodiscard]] std::function<void()> of(char name) {
        return [this, name] { names += name; };
    }
};

}  // namespace

TEST_CASE("Unsent: within the limit nobody is dropped, and what was sent counts no more") {
    Unsent all(100);
    Drops drops;
    const Unsent::Answer a(all, 60, drops.of('a'));
    std::optional<Unsent::Answer> b(std::in_place, all, 40, drops.of('b'));
    CHECK(all.bytes() == 100);
    b.reset();
    CHECK(all.bytes() == 60);
    const Unsent::Answer c(all, 40, drops.of('c'));
    CHECK(drops.names.empty());
    CHECK(all.dropped() == 0);
}

TEST_CASE("Unsent: who has not moved for the longest time is dropped first, as many as need be") {
    Unsent all(100);
    Drops drops;
    Unsent::Answer a(all, 30, drops.of('a'));
    const Unsent::Answer b(all, 30, drops.of('b'));
    const Unsent::Answer c(all, 30, drops.of('c'));
    a.moved();
    const Unsent::Answer d(all, 70, drops.of('d'));
    CHECK(drops.names == "bc");
    CHECK(all.bytes() == 100);
    CHECK(all.dropped() == 2);
}

TEST_CASE("Unsent: an answer larger than the limit drops all others, and not itself") {
    Unsent all(100);
    Drops drops;
    const Unsent::Answer a(all, 50, drops.of('a'));
    {
        const Unsent::Answer large(all, 500, drops.of('L'));
        CHECK(drops.names == "a");
        CHECK(all.bytes() == 500);
    }
    CHECK(all.bytes() == 0);
}

TEST_CASE("Unsent: one that was dropped is dropped once, whatever still happens to it") {
    Unsent all(100);
    Drops drops;
    Unsent::Answer a(all, 100, drops.of('a'));
    const Unsent::Answer b(all, 100, drops.of('b'));
    a.moved();
    const Unsent::Answer c(all, 100, drops.of('c'));
    CHECK(drops.names == "ab");
}
