// What a socket says about what is left to read, and whom its waits wake.
#include <array>
#include <string>
#include <thread>

#include "server_fixture.hpp"
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/asio.hpp"
#include "gateway/http/ready_socket.hpp"

using namespace typhon;
using namespace typhon::test;
using http::ReadySocket;

namespace {

/// Two ends of a TCP connection over the loopback.
struct Ends {
    Ends() {
        const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* any = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(listening, any, size) == 0);
        REQUIRE(::listen(listening, 1) == 0);
        REQUIRE(::getsockname(listening, any, &size) == 0);
        theirs = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        REQUIRE(::connect(theirs, any, size) == 0);
        ours = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
        REQUIRE(ours >= 0);
        ::close(listening);
    }
    ~Ends() { ::close(theirs); }
    Ends(const Ends&) = delete;
    Ends& operator=(const Ends&) = delete;
    Ends(Ends&&) = delete;
    Ends& operator=(Ends&&) = delete;

    void send(std::string_view bytes) const {
        REQUIRE(::send(theirs, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(bytes.size()));
    }

    int ours = -1;  // a ReadySocket takes it
    int theirs = -1;
};

struct SocketFixture {
    asio::io_context loop{1};
    Ends ends;
    ReadySocket socket{loop, ends.ours};
    std::array<char, 8> space{};
    std::size_t last = 0;
    int woken = 0;
    bool cancelled = false;

    std::size_t receive() { return socket.receive(space.data(), space.size()); }

    /// Starts a wait; `woken` counts its end.
    void wait() {
        asio::co_spawn(
            loop,
            [this]() -> Task<void> {
                cancelled = !co_await socket.readable();
                ++woken;
            },
            asio::detached);
        loop.restart();
        loop.poll();
    }

    bool wakes(int count) {
        return eventually([this, count] {
            loop.restart();
            loop.poll();
            return woken == count;
        });
    }

    /// Waits until a wait would not end by itself: the edge of the start has been taken.
    void drain() {
        wait();
        REQUIRE(wakes(1));
        REQUIRE(receive() == ReadySocket::kNothing);
        REQUIRE(socket.drained());
    }
};

}  // namespace

TEST_CASE_FIXTURE(SocketFixture, "ReadySocket: it knows after a read whether more is there") {
    ends.send("0123456789");
    REQUIRE(eventually([this] { return (last = receive()) != ReadySocket::kNothing; }));
    CHECK(last == 8);
    CHECK_FALSE(socket.drained());
    CHECK(receive() == 2);
    CHECK(socket.drained());
}

TEST_CASE_FIXTURE(SocketFixture, "ReadySocket: the end of the stream behind bytes is not missed") {
    ends.send("01");
    ::shutdown(ends.theirs, SHUT_WR);
    // Both have arrived when one of two looks finds the end.
    REQUIRE(eventually([this] {
        std::array<char, 8> look{};
        const ssize_t size =
            ::recv(socket.native_handle(), look.data(), look.size(), MSG_PEEK | MSG_DONTWAIT);
        return size == 2;
    }));
    REQUIRE(eventually([this] { return receive() != ReadySocket::kNothing; }));
    if (socket.drained()) {  // the end came after the bytes were read: then it makes an edge
        wait();
        REQUIRE(wakes(1));
    }
    REQUIRE(eventually([this] { return (last = receive()) == 0; }));
}

TEST_CASE_FIXTURE(SocketFixture, "ReadySocket: a wait ends when bytes come") {
    drain();
    wait();
    CHECK(woken == 1);
    ends.send("x");
    CHECK(wakes(2));
    CHECK(receive() == 1);
}

TEST_CASE_FIXTURE(SocketFixture,
                  "ReadySocket: bytes that came while nobody waited end the next wait") {
    drain();
    ends.send("x");
    // The loop takes the edge of those bytes although no wait asked for it.
    REQUIRE(eventually([this] {
        loop.restart();
        loop.poll();
        std::array<char, 1> look{};
        return ::recv(socket.native_handle(), look.data(), 1, MSG_PEEK | MSG_DONTWAIT) == 1;
    }));
    loop.restart();
    loop.poll();
    wait();
    CHECK(wakes(2));
    CHECK(receive() == 1);
}

TEST_CASE_FIXTURE(SocketFixture, "ReadySocket: a cancelled wait says so") {
    drain();
    wait();
    error_code ignored;
    socket.cancel(ignored);
    CHECK(wakes(2));
    CHECK(cancelled);
}

TEST_CASE_FIXTURE(ServerFixture,
                  "Connection: a request with the client's end behind it is answered and closed") {
    start();
    for (int round = 0; round < 50; ++round) {
        Client client = connect();
        client.send(get_request("/native/hello"));
        client.finish_sending();
        CHECK(client.read().status == 200);
        CHECK(client.ends_cleanly());
    }
}

TEST_CASE_FIXTURE(ServerFixture,
                  "Connection: a request that came while another was answered is not forgotten") {
    start();  // calls wait until the test ends them
    Client client = connect();
    client.send(get_request("/python/first"));
    REQUIRE(eventually([this] { return port.seen().size() == 1; }));
    client.send(get_request("/python/second"));
    on_loop([] {});  // the loop has taken the edge
    on_loop([] {});
    port.finish_waiting([](relay::Call&) {});
    CHECK(client.read().status == 200);
    CHECK(eventually([this] { return port.seen().size() == 2; }));
    port.finish_waiting([](relay::Call&) {});
    CHECK(client.read().status == 200);
}

TEST_CASE_FIXTURE(
    ServerFixture,
    "Connection: a client that resets right behind its request is forgotten at once") {
    start();
    Client client = connect();
    REQUIRE(client.get("/native/hello").status == 200);
    on_loop([&client] {  // so that request and reset make one edge
        client.send(get_request("/native/hello"));
        client.reset();
    });
    CHECK(eventually([this] { return connections() == 0; }));
}
