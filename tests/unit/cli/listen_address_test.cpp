#include "gateway/cli/listen_address.hpp"

#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

using namespace typhon;
using namespace typhon::cli;

namespace {

ListenAddress tcp(const std::string& host, std::uint16_t port, bool tls = false) {
    ListenAddress address;
    address.host = host;
    address.port = port;
    address.tls = tls;
    return address;
}

ListenAddress unix_socket(const std::string& path, unsigned mode = 0660, bool tls = false) {
    ListenAddress address;
    address.kind = ListenAddress::Kind::unix_socket;
    address.path = path;
    address.mode = mode;
    address.tls = tls;
    return address;
}

}  // namespace

TEST_CASE("ListenAddress: each form is read") {
    CHECK(parse_listen("127.0.0.1:3000") == tcp("127.0.0.1", 3000));
    CHECK(parse_listen("http://localhost:80") == tcp("localhost", 80));
    CHECK(parse_listen("https://0.0.0.0:8443") == tcp("0.0.0.0", 8443, true));
    CHECK(parse_listen("[::1]:0") == tcp("::1", 0));
    CHECK(parse_listen("https://[2001:db8::1]:443") == tcp("2001:db8::1", 443, true));
    CHECK(parse_listen(":8080") == tcp("0.0.0.0", 8080));
    CHECK(parse_listen("unix:/run/typhon.sock") == unix_socket("/run/typhon.sock"));
    CHECK(parse_listen("unix:/run/typhon.sock?mode=600") == unix_socket("/run/typhon.sock", 0600));
    CHECK(parse_listen("https://unix:t.sock") == unix_socket("t.sock", 0660, true));
    CHECK(parse_listen("systemd").kind == ListenAddress::Kind::systemd);
    CHECK(parse_listen("https://systemd").tls);
}

TEST_CASE("ListenAddress: what is none is told with its text") {
    for (const char* text : {"",
                             "localhost",
                             "127.0.0.1:",
                             "127.0.0.1:70000",
                             "127.0.0.1:80/",
                             "::1:80",
                             "[::1]",
                             "[::1:80",
                             "https://",
                             "ftp://host:21",
                             "unix:",
                             "unix:?mode=600",
                             "unix:/a?mode=888",
                             "unix:/a?mode=1777",
                             "unix:/a?mode="}) {
        CAPTURE(text);
        try {
            static_cast<void>(parse_listen(text));
            FAIL("it must be refused");
        } catch (const std::invalid_argument& error) {
            CHECK(std::string(error.what()).find("'" + std::string(text) + "'") == 0);
        }
    }
    CHECK_THROWS_AS(static_cast<void>(parse_listen("unix:/" + std::string(108, 'x'))),
                    std::invalid_argument);
}

TEST_CASE("ListenAddress: --host and --port count when they are given, or alone") {
    Options none;
    settle_listen(none);
    CHECK(none.listen == std::vector{tcp("127.0.0.1", 3000)});

    Options only_listen;
    only_listen.listen = {unix_socket("/s"), tcp("::1", 8080)};
    settle_listen(only_listen);
    CHECK(only_listen.listen.size() == 2);
    CHECK(only_listen.port == 8080);  // the run directory is named after it

    Options both;
    both.port = 80;
    both.host_or_port_given = true;
    both.listen = {unix_socket("/s")};
    settle_listen(both);
    CHECK(both.listen == std::vector{tcp("127.0.0.1", 80), unix_socket("/s")});
    CHECK(both.port == 80);
}
