#include <system_error>
#include <vector>

#include "server_fixture.hpp"
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gateway/http/listener.hpp"

using namespace typhon;
using namespace typhon::test;

TEST_CASE("Listener: a port that is taken is a clear error") {
    asio::io_context loop(1);
    const http::Listener first(loop, "127.0.0.1", 0);
    try {
        const http::Listener second(loop, "127.0.0.1", first.port());
        FAIL("the second bind must fail");
    } catch (const std::system_error& error) {
        CHECK(error.code() == std::errc::address_in_use);
        CHECK(std::string(error.what()).find(std::to_string(first.port())) != std::string::npos);
    }
}

TEST_CASE("Listener: names, IPv6 and nonsense") {
    asio::io_context loop(1);
    CHECK(http::Listener(loop, "localhost", 0).port() != 0);
    CHECK(http::Listener(loop, "::1", 0).port() != 0);
    CHECK_THROWS_AS(http::Listener(loop, "no such host", 0), std::system_error);
}

TEST_CASE("Listener: stop() accepts what waits in the backlog") {
    asio::io_context loop(1);
    http::Listener listener(loop, "127.0.0.1", 0);
    std::vector<int> accepted;
    listener.start([&](int fd) { accepted.push_back(fd); });
    std::vector<Client> clients;
    for (int i = 0; i < 5; ++i) {
        clients.emplace_back(listener.port());
    }
    listener.stop();
    CHECK(accepted.size() == 5);
    for (const int fd : accepted) {
        ::close(fd);
    }
    CHECK_THROWS(Client(listener.port()));
}

TEST_CASE("Listener: out of descriptors, new clients are closed and old ones served") {
    ServerFixture fixture;
    fixture.start();
    Client served = fixture.connect();
    REQUIRE(served.get("/native/hello").status == 200);
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    Client refused(fixture.port_number());  // its own descriptor exists before the limit
    REQUIRE(refused.get("/native/hello").status == 200);
    const int probe = ::dup(0);
    ::close(probe);
    const rlimit low{static_cast<rlim_t>(probe) + 1, before.rlim_max};
    Client late(fixture.port_number());
    CHECK(late.get("/native/hello").status == 200);
    ::setrlimit(RLIMIT_NOFILE, &low);
    CHECK(served.get("/native/hello").status == 200);
    ::setrlimit(RLIMIT_NOFILE, &before);
    CHECK(fixture.connect().get("/native/hello").status == 200);
}
