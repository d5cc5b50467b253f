// Which requests may be sent before their bodies are whole.
#include "gateway/relay/body_rules.hpp"

#include <doctest/doctest.h>

namespace typhon::relay {

namespace {

proto::RouteInfo route(const std::string& pattern, bool streams, std::uint64_t max_body = 0) {
    proto::RouteInfo info;
    info.methods = {"POST"};
    info.pattern = pattern;
    info.stream_body = streams;
    info.max_body = max_body;
    return info;
}

}  // namespace

TEST_CASE("BodyRules: a table without streamed bodies has no rules") {
    CHECK_FALSE(BodyRules::of({})->find("POST", "/python/a").streams);
    CHECK_FALSE(BodyRules::of({route("/python/a", false)})->find("POST", "/python/a").streams);
    CHECK(BodyRules::of({})->find("POST", "/python/a").known);
}

TEST_CASE("BodyRules: the rule is that of the route that serves the request") {
    const auto rules =
        BodyRules::of({route("/python/<name>", true, 1ULL << 40), route("/python/whole", false)});
    REQUIRE(rules != nullptr);
    CHECK(rules->find("POST", "/python/a").streams);
    CHECK(rules->find("POST", "/python/a").max_body == 1ULL << 40);
    CHECK_FALSE(rules->find("POST", "/python/whole").streams);
    CHECK_FALSE(rules->find("GET", "/python/a").streams);
    CHECK_FALSE(rules->find("POST", "/python/a/b").streams);
    CHECK_FALSE(rules->find("POST", "/python/%00").streams);
}

}  // namespace typhon::relay
