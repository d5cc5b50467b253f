// Networks of proxies: what is in them, and what is no network.
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "gateway/http/network_set.hpp"

using namespace typhon::http;

namespace {

bool holds(std::initializer_list<const char*> networks, const char* address) {
    NetworkSet set;
    for (const char* network : networks) {
        set.add(network);
    }
    const auto ip = parse_ip(address);
    REQUIRE(ip);
    return set.contains(*ip);
}

}  // namespace

TEST_CASE("NetworkSet: addresses and networks, IPv4 and IPv6") {
    CHECK(holds({"10.0.0.0/8"}, "10.255.0.1"));
    CHECK_FALSE(holds({"10.0.0.0/8"}, "11.0.0.1"));
    CHECK(holds({"192.0.2.128/25"}, "192.0.2.129"));
    CHECK_FALSE(holds({"192.0.2.128/25"}, "192.0.2.127"));
    CHECK(holds({"127.0.0.1"}, "127.0.0.1"));
    CHECK_FALSE(holds({"127.0.0.1"}, "127.0.0.2"));
    CHECK(holds({"2001:db8::/33"}, "2001:db8:7fff::1"));
    CHECK_FALSE(holds({"2001:db8::/33"}, "2001:db8:8000::1"));
    CHECK(holds({"::1"}, "::1"));
    CHECK_FALSE(holds({"::1"}, "::2"));
    CHECK(holds({"10.0.0.0/8", "::1"}, "::1"));
    CHECK_FALSE(holds({}, "::1"));
}

TEST_CASE("NetworkSet: everything, and an IPv4 address however it is written") {
    CHECK(holds({"0.0.0.0/0"}, "203.0.113.7"));
    CHECK_FALSE(holds({"0.0.0.0/0"}, "2001:db8::1"));
    CHECK(holds({"::/0"}, "2001:db8::1"));
    CHECK(holds({"::/0"}, "203.0.113.7"));
    CHECK(holds({"10.0.0.0/8"}, "::ffff:10.1.2.3"));
    CHECK(holds({"::ffff:10.0.0.0/104"}, "10.1.2.3"));
}

TEST_CASE("NetworkSet: unix is for clients without an address") {
    NetworkSet set;
    CHECK(set.empty());
    set.add("unix");
    CHECK_FALSE(set.empty());
    CHECK(set.has_unix());
    CHECK_FALSE(set.contains(*parse_ip("127.0.0.1")));
}

TEST_CASE("NetworkSet: what is none is told with its text") {
    for (const char* text : {"",
                             "proxy.example.org",
                             "10.0.0.0/33",
                             "::1/129",
                             "10.0.0.0/",
                             "10.0.0.0/8/8",
                             "10.0.0.0/-1",
                             "10.0.0.1/8",
                             "2001:db8::1/32",
                             "10.0.0",
                             "10.0.0.0 /8",
                             "[::1]"}) {
        CAPTURE(text);
        NetworkSet set;
        try {
            set.add(text);
            FAIL("it must be refused");
        } catch (const std::invalid_argument& error) {
            CHECK(std::string(error.what()).find("'" + std::string(text) + "'") == 0);
        }
    }
}

TEST_CASE("parse_ip: addresses alone") {
    CHECK(parse_ip("1.2.3.4"));
    CHECK(parse_ip("1.2.3.4") == parse_ip("::ffff:1.2.3.4"));
    for (const char* text :
         {"", "1.2.3", "1.2.3.4:80", "01.2.3.4", "[::1]", "::1%lo", "localhost"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_ip(text));
    }
    CHECK_FALSE(parse_ip(std::string(500, '1')));
}
