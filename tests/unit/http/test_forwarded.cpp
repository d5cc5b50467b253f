// What a trusted proxy's fields say, as a table: who the client is, its scheme, its host.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "gateway/http/forwarded.hpp"

using namespace typhon::http;

namespace {

struct Case {
    const char* what;
    std::vector<std::pair<const char*, const char*>> fields;
    const char* client;  // "ip port"; empty: nobody is named
    const char* scheme;
    const char* host;
};

Forwarded read(const std::vector<std::pair<const char*, const char*>>& fields,
               ForwardedBy by = ForwardedBy::either) {
    NetworkSet trusted;
    trusted.add("10.0.0.0/8");
    trusted.add("2001:db8:a::/48");
    ForwardedFields found;
    for (const auto& [name, value] : fields) {
        CHECK(found.take(name, value));
    }
    return read_forwarded(found, by, trusted);
}

std::string client_of(const Forwarded& found) {
    return found.client_ip.empty() ? "" : found.client_ip + " " + std::to_string(found.client_port);
}

// NOLINTNEXTLINE(cert-err58-cpp): a table
const std::vector<Case> kCases{
    {"nothing", {}, "", "", ""},
    {"one client", {{"X-Forwarded-For", "203.0.113.7"}}, "203.0.113.7 0", "", ""},
    {"a name in any case", {{"x-FORWARDED-for", "203.0.113.7"}}, "203.0.113.7 0", "", ""},
    {"with a port", {{"X-Forwarded-For", "203.0.113.7:4711"}}, "203.0.113.7 4711", "", ""},
    {"IPv6", {{"X-Forwarded-For", "2001:db8::7"}}, "2001:db8::7 0", "", ""},
    {"IPv6 in brackets", {{"X-Forwarded-For", "[2001:db8::7]"}}, "2001:db8::7 0", "", ""},
    {"IPv6 with a port", {{"X-Forwarded-For", "[2001:db8::7]:80"}}, "2001:db8::7 80", "", ""},
    {"the right-most that is not trusted",
     {{"X-Forwarded-For", "6.6.6.6, 203.0.113.7, 10.0.0.2,10.1.0.3"}},
     "203.0.113.7 0",
     "",
     ""},
    {"what a client invents does not count",
     {{"X-Forwarded-For", "10.0.0.9, 203.0.113.7"}},
     "203.0.113.7 0",
     "",
     ""},
    {"several fields are one list",
     {{"X-Forwarded-For", "6.6.6.6"}, {"X-Forwarded-For", "203.0.113.7, 10.0.0.2"}},
     "203.0.113.7 0",
     "",
     ""},
    {"all are trusted: the one farthest off",
     {{"X-Forwarded-For", "10.0.0.9, 2001:db8:a::1"}},
     "10.0.0.9 0",
     "",
     ""},
    {"what is no address ends the walk",
     {{"X-Forwarded-For", "203.0.113.7, unknown, 10.0.0.2"}},
     "10.0.0.2 0",
     "",
     ""},
    {"no address at all", {{"X-Forwarded-For", "unknown"}}, "", "", ""},
    {"a script", {{"X-Forwarded-For", "<script>, 1.2.3.4.5"}}, "", "", ""},
    {"a port that is none", {{"X-Forwarded-For", "203.0.113.7:port"}}, "", "", ""},
    {"a port too large", {{"X-Forwarded-For", "203.0.113.7:65536"}}, "", "", ""},
    {"behind the bracket", {{"X-Forwarded-For", "[2001:db8::7]80"}}, "", "", ""},
    {"an open bracket", {{"X-Forwarded-For", "[2001:db8::7"}}, "", "", ""},
    {"empty elements", {{"X-Forwarded-For", " , ,203.0.113.7,, "}}, "203.0.113.7 0", "", ""},
    {"empty", {{"X-Forwarded-For", ""}}, "", "", ""},

    {"scheme and host",
     {{"X-Forwarded-For", "203.0.113.7"},
      {"X-Forwarded-Proto", "https"},
      {"X-Forwarded-Host", "example.org:8443"}},
     "203.0.113.7 0",
     "https",
     "example.org:8443"},
    {"the scheme alone", {{"X-Forwarded-Proto", "HTTPS"}}, "", "https", ""},
    {"a scheme that is none", {{"X-Forwarded-Proto", "javascript"}}, "", "", ""},
    {"a host that is none", {{"X-Forwarded-Host", "a b\"<"}}, "", "", ""},
    {"an empty host", {{"X-Forwarded-Host", ""}}, "", "", ""},
    {"what a client invents of the scheme does not count",
     {{"X-Forwarded-For", "203.0.113.7"}, {"X-Forwarded-Proto", "https, http"}},
     "203.0.113.7 0",
     "http",
     ""},
    {"each proxy adds: the value that came with the client",
     {{"X-Forwarded-For", "203.0.113.7, 10.0.0.2"}, {"X-Forwarded-Proto", "https, http"}},
     "203.0.113.7 0",
     "https",
     ""},
    {"only the first proxy sets it",
     {{"X-Forwarded-For", "203.0.113.7, 10.0.0.2"}, {"X-Forwarded-Proto", "https"}},
     "203.0.113.7 0",
     "https",
     ""},

    {"RFC 7239",
     {{"Forwarded", "for=203.0.113.7;proto=https;by=10.0.0.1;host=example.org"}},
     "203.0.113.7 0",
     "https",
     "example.org"},
    {"quoted, IPv6, a port, names in any case",
     {{"forwarded", R"(For="[2001:db8::7]:4711" ; Proto="https";HOST="example.org:1")"}},
     "2001:db8::7 4711",
     "https",
     "example.org:1"},
    {"a hidden port", {{"Forwarded", R"(for="203.0.113.7:_p")"}}, "203.0.113.7 0", "", ""},
    {"the element of the client has its scheme",
     {{"Forwarded", "for=6.6.6.6;proto=ftp, for=203.0.113.7;proto=https;host=a.org"},
      {"Forwarded", "for=10.0.0.2;proto=http;host=inner"}},
     "203.0.113.7 0",
     "https",
     "a.org"},
    {"a hidden client: the proxy that hides it",
     {{"Forwarded", "for=_secret;proto=https, for=10.0.0.2;proto=http"}},
     "10.0.0.2 0",
     "https",
     ""},
    {"unknown, but the scheme is said",
     {{"Forwarded", "for=unknown;proto=https"}},
     "",
     "https",
     ""},
    {"a comma inside quotes is none", {{"Forwarded", R"(for="203.0.113.7, 6.6.6.6")"}}, "", "", ""},
    {"an escaped quote inside quotes",
     {{"Forwarded", R"(for=6.6.6.6, host="a\", for=7.7.7.7";for=203.0.113.7)"}},
     "203.0.113.7 0",
     "",
     ""},
    {"quotes that do not end", {{"Forwarded", R"(for=203.0.113.7, for="10.0.0.2)"}}, "", "", ""},
    {"junk", {{"Forwarded", ";;,=,for,\"\",for=,proto="}}, "", "", ""},

    {"X-Forwarded wins when both are there",
     {{"Forwarded", "for=6.6.6.6;proto=https"}, {"X-Forwarded-For", "203.0.113.7"}},
     "203.0.113.7 0",
     "",
     ""},
};

}  // namespace

TEST_CASE("Forwarded: what the fields say") {
    for (const Case& each : kCases) {
        CAPTURE(each.what);
        const Forwarded found = read(each.fields);
        CHECK(client_of(found) == each.client);
        CHECK(found.scheme == each.scheme);
        CHECK(found.host == each.host);
    }
}

TEST_CASE("Forwarded: only the fields that the proxies write are believed") {
    const std::vector<std::pair<const char*, const char*>> both{
        {"Forwarded", "for=203.0.113.1;proto=https"}, {"X-Forwarded-For", "203.0.113.2"}};
    CHECK(client_of(read(both, ForwardedBy::forwarded)) == "203.0.113.1 0");
    CHECK(client_of(read(both, ForwardedBy::x_forwarded)) == "203.0.113.2 0");
    CHECK(client_of(read({both[0]}, ForwardedBy::x_forwarded)).empty());
    CHECK(client_of(read({both[1]}, ForwardedBy::forwarded)).empty());
}

TEST_CASE("Forwarded: other fields are none of its business") {
    ForwardedFields fields;
    CHECK_FALSE(fields.take("X-Forwarded-Port", "1"));
    CHECK_FALSE(fields.take("X-Real-IP", "1.2.3.4"));
    CHECK(fields.empty());
}
