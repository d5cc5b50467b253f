// Session tickets: how long a key seals, and how long it opens.
#include <algorithm>

#include <doctest/doctest.h>

#include "gateway/http/ticket_keys.hpp"

using namespace typhon::http;
using namespace std::chrono_literals;

TEST_CASE("TicketKeys: one key seals for half a day, then another does") {
    TicketKeys keys;
    const TicketKeys::TimePoint start{};
    const auto first = keys.sealing(start);
    REQUIRE(first);
    CHECK(keys.sealing(start + 11h)->name == first->name);
    const auto second = keys.sealing(start + 13h);
    REQUIRE(second);
    CHECK(second->name != first->name);
    CHECK(second->cipher != first->cipher);
    CHECK(second->mac != first->mac);
}

TEST_CASE("TicketKeys: a key opens tickets for a day, and then no more") {
    TicketKeys keys;
    const TicketKeys::TimePoint start{};
    const auto first = keys.sealing(start);
    REQUIRE(first);
    const auto second = keys.sealing(start + 13h);
    CHECK(keys.opening(first->name.data(), start + 23h)->cipher == first->cipher);
    CHECK(keys.opening(second->name.data(), start + 23h)->cipher == second->cipher);
    CHECK_FALSE(keys.opening(first->name.data(), start + 25h));
    CHECK(keys.opening(second->name.data(), start + 25h));
    const std::array<unsigned char, TicketKeys::kNameSize> unknown{};
    CHECK_FALSE(keys.opening(unknown.data(), start));
}
