#include <memory>
#include <string>

#include "server_fixture.hpp"
#include <doctest/doctest.h>

#include "gateway/http/address_limit.hpp"

using namespace typhon;
using namespace typhon::http;
using namespace typhon::test;

namespace {

AddressKey key(const std::string& text) {
    return address_key(asio::ip::make_address(text));
}

}  // namespace

TEST_CASE("AddressLimit: each address has its own count, and a place is free again") {
    const auto limit = std::make_shared<AddressLimit>(2);
    const AddressKey one = key("192.0.2.1");
    auto first = limit->enter(one);
    {
        const auto second = limit->enter(one);
        CHECK(second.has_value());
        CHECK_FALSE(limit->enter(one).has_value());
        CHECK(limit->enter(key("192.0.2.2")).has_value());
    }
    CHECK(limit->enter(one).has_value());
    first.reset();
    CHECK(limit->enter(one).has_value());
}

TEST_CASE("AddressLimit: an IPv6 network counts as one, a mapped IPv4 address as that address") {
    CHECK(key("2001:db8::1") == key("2001:db8::ffff:2"));
    CHECK(key("2001:db8::1") != key("2001:db8:0:1::1"));
    CHECK(key("::ffff:192.0.2.1") == key("192.0.2.1"));
    CHECK(key("::ffff:192.0.2.1") != key("192.0.2.2"));
}

TEST_CASE_FIXTURE(ServerFixture,
                  "AddressLimit: one connection too many is 429, and none when another has ended") {
    start();
    on_loop([&] { server->limit_addresses(std::make_shared<AddressLimit>(2)); });
    Client first = connect();
    Client second = connect();
    CHECK(first.get("/native/hello").status == 200);
    CHECK(second.get("/native/hello").status == 200);
    Client third = connect();
    const Answer refused = third.get("/native/hello");
    CHECK(refused.status == 429);
    CHECK_FALSE(refused.header("retry-after").empty());
    CHECK(third.ends_cleanly());
    CHECK(first.get("/native/hello").status == 200);
    second.reset();
    CHECK(eventually([&] { return connect().get("/native/hello").status == 200; }));
}

TEST_CASE_FIXTURE(ServerFixture, "AddressLimit: refused connections do not fill the server") {
    options.max_connections = 3;
    start();
    on_loop([&] { server->limit_addresses(std::make_shared<AddressLimit>(2)); });
    Client first = connect();
    CHECK(first.get("/native/hello").status == 200);
    Client second = connect();
    CHECK(second.get("/native/hello").status == 200);
    std::vector<Client> refused;
    for (int i = 0; i < 20; ++i) {
        refused.push_back(connect());
        CHECK(refused.back().get("/native/hello").status == 429);
    }
    on_loop([&] { server->limit_addresses(nullptr); });
    CHECK(connect().get("/native/hello").status == 200);  // the third of three
}
