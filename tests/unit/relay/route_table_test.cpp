// Promises of gateway/relay/route_table.
#include "gateway/relay/route_table.hpp"

#include <doctest/doctest.h>

namespace typhon::relay {

namespace {

proto::RouteInfo info_of(std::string pattern, std::string name, std::string method = "GET") {
    proto::RouteInfo info;
    info.methods = {std::move(method)};
    info.pattern = std::move(pattern);
    info.name = std::move(name);
    return info;
}

}  // namespace

TEST_CASE("RouteTable: unknown until the first worker says its routes") {
    RouteTable table;
    CHECK_FALSE(table.known());
    table.replace({});
    CHECK(table.known());
    CHECK(table.match("GET", "/python/hello").outcome == proto::RouteMatch::Outcome::not_found);
}

TEST_CASE("RouteTable: a route that stays keeps its figures through a replacement") {
    RouteTable table;
    table.replace({info_of("/python/a", "m.a"), info_of("/python/b", "m.b")});
    table.at(1).run_time.add(40);
    table.replace({info_of("/python/b", "m.b")});
    const auto& match = table.match("GET", "/python/b");
    REQUIRE(match.outcome == proto::RouteMatch::Outcome::found);
    CHECK(table.at(match.route).run_time.mean_us() == 40);
    CHECK(table.match("GET", "/python/a").outcome == proto::RouteMatch::Outcome::not_found);
}

TEST_CASE("RouteTable: a table that cannot be built is refused whole") {
    RouteTable table;
    table.replace({info_of("/python/a", "m.a")});
    CHECK_THROWS(table.replace({info_of("/python/x", "m.x"), info_of("/python/<wrong:y>", "m.y")}));
    CHECK(table.match("GET", "/python/a").outcome == proto::RouteMatch::Outcome::found);
}

TEST_CASE("RouteTable: take_waiting gives the requests in order of arrival, across routes") {
    RouteTable table;
    PendingPool pool;
    table.replace({info_of("/python/a", "m.a"), info_of("/python/b", "m.b")});
    for (std::uint64_t id : {3, 1, 2}) {
        Pending& pending = *pool.take();
        pending.id = id;
        (id == 1 ? table.at(0) : table.at(1)).waiting.push_back(pending);
    }
    const auto waiting = table.take_waiting();
    REQUIRE(waiting.size() == 3);
    CHECK(waiting[0]->id == 1);
    CHECK(waiting[2]->id == 3);
    CHECK(table.at(0).waiting.empty());
}

}  // namespace typhon::relay
