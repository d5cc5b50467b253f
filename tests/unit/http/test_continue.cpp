// 100 Continue and the bytes that the access log counts.
#include <string>

#include "server_fixture.hpp"
#include "tests/unit/supervisor/fixture.hpp"
#include <doctest/doctest.h>

#include "gateway/access/access_log.hpp"

using namespace typhon;
using namespace typhon::test;

namespace {

constexpr std::size_t kLarge = 600'000;

/// One mebibyte for all bodies, so that a second one of kLarge waits; and an access log.
class LoggedFixture : public ServerFixture {
public:
    LoggedFixture() {
        options.max_body = 1U << 20;
        options.max_body_memory = 1U << 20;
        router.add("POST", "/size", [](const Request& request, Response& response) {
            response.set_content(std::to_string(request.body.size()), "text/plain");
        });
        start();
        on_loop([this] { server->log_accesses(log); });
    }
    ~LoggedFixture() { stop(); }
    LoggedFixture(const LoggedFixture&) = delete;
    LoggedFixture& operator=(const LoggedFixture&) = delete;
    LoggedFixture(LoggedFixture&&) = delete;
    LoggedFixture& operator=(LoggedFixture&&) = delete;

    /// True when the log has, soon, a line that holds `text`.
    bool logs(const std::string& text) {
        return eventually([&] { return dir.read("access.log").find(text) != std::string::npos; });
    }

    TempDir dir;
    access::AccessLog log{{.form = access::Form::json, .file = dir.file("access.log")}};
};

std::string head(const std::string& fields = "") {
    return "POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(kLarge) + "\r\n" +
           fields + "\r\n";
}

}  // namespace

TEST_CASE_FIXTURE(LoggedFixture, "Continue: it is no part of the answer that the log counts") {
    Client client = connect();
    client.send(head("Expect: 100-continue\r\n"));
    CHECK(client.read().status == 100);
    client.send(std::string(kLarge, 'x'));
    CHECK(client.read().body == "600000");
    CHECK(logs(R"("status":200,"bytes":6,)"));
}

TEST_CASE_FIXTURE(LoggedFixture, "Continue: one that could not be sent is not taken off, either") {
    Client first = connect();
    first.send(head() + "x");
    REQUIRE(eventually([this] { return bodies->used() == kLarge; }));
    Client second = connect();
    second.send(head("Expect: 100-continue\r\n"));
    CHECK(connect().get("/native/hello").status == 200);  // the second waits for memory
    second.reset();
    first.send(std::string(kLarge - 1, 'x'));
    CHECK(first.read().body == "600000");
    REQUIRE(logs(R"("status":499,)"));
    CHECK(logs(R"("status":499,"bytes":0,)"));
}
