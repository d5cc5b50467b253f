#include <string>

#include "server_fixture.hpp"
#include "tests/unit/supervisor/fixture.hpp"
#include <doctest/doctest.h>

#include "proto/codec.hpp"

using namespace typhon;
using namespace typhon::test;

namespace {

const std::string kApp = "https://app.example";

class CorsFixture : public ServerFixture {
public:
    CorsFixture() {
        options.cors.origins = {kApp};
        options.cors.credentials = true;
        dir.write("page.html", "page");
        options.statics = {{{"files"}, dir.path()}};
        port.outcome = [this](relay::Call& call) {
            call.reply.status = 200;
            call.reply.body = "python";
            call.reply.headers = python_headers;
        };
    }

    Answer ask(const std::string& method,
               const std::string& path,
               const std::string& origin,
               const std::string& fields = "") {
        Client client = connect();
        const std::string from = origin.empty() ? "" : "Origin: " + origin + "\r\n";
        client.send(method + " " + path + " HTTP/1.1\r\nHost: a\r\n" + from + fields + "\r\n");
        return client.read(method == "HEAD");
    }
    Answer preflight(const std::string& path, const std::string& origin) {
        return ask("OPTIONS",
                   path,
                   origin,
                   "Access-Control-Request-Method: PUT\r\n"
                   "Access-Control-Request-Headers: content-type\r\n");
    }

    test::TempDir dir;
    std::string python_headers;
};

}  // namespace

TEST_CASE_FIXTURE(CorsFixture, "Cors: every answer to an allowed origin says so, errors too") {
    start();
    for (const char* path :
         {"/native/hello", "/python/x", "/files/page.html", "/-/healthy", "/nowhere"}) {
        CAPTURE(path);
        for (const char* method : {"GET", "HEAD"}) {
            const Answer answer = ask(method, path, kApp);
            CHECK(answer.header("access-control-allow-origin") == kApp);
            CHECK(answer.header("access-control-allow-credentials") == "true");
            CHECK(answer.header("vary") == "Origin");
        }
    }
    CHECK(ask("DELETE", "/native/hello", kApp).header("access-control-allow-origin") == kApp);
}

TEST_CASE_FIXTURE(CorsFixture,
                  "Cors: another origin, or none, is told nothing but that answers vary") {
    start();
    for (const char* origin : {"", "https://evil.example", "null"}) {
        for (const char* path : {"/native/hello", "/python/x", "/files/page.html", "/nowhere"}) {
            const Answer answer = ask("GET", path, origin);
            CHECK(answer.headers.count("access-control-allow-origin") == 0);
            CHECK(answer.headers.count("access-control-allow-credentials") == 0);
            CHECK(answer.header("vary") == "Origin");
        }
    }
    const Answer twice = ask("GET", "/native/hello", kApp, "Origin: " + kApp + "\r\n");
    CHECK(twice.headers.count("access-control-allow-origin") == 0);
}

TEST_CASE_FIXTURE(CorsFixture, "Cors: the gateway answers a preflight for every kind of route") {
    start();
    for (const char* path : {"/native/echo", "/python/x", "/files/page.html", "/nowhere"}) {
        CAPTURE(path);
        const Answer answer = preflight(path, kApp);
        CHECK(answer.status == 204);
        CHECK(answer.header("access-control-allow-origin") == kApp);
        CHECK(answer.header("access-control-allow-credentials") == "true");
        CHECK(answer.header("access-control-allow-methods") ==
              "GET, HEAD, POST, PUT, PATCH, DELETE");
        CHECK(answer.header("access-control-allow-headers") == "Authorization, Content-Type");
        CHECK(answer.header("access-control-max-age") == "600");
        CHECK(answer.header("vary") == "Origin");
    }
    CHECK(port.seen().empty());
}

TEST_CASE_FIXTURE(CorsFixture, "Cors: the preflight of another origin allows nothing") {
    start();
    const Answer answer = preflight("/native/echo", "https://evil.example");
    CHECK(answer.status == 204);
    for (const auto& [name, value] : answer.headers) {
        CHECK_FALSE(name.starts_with("access-control-"));
    }
}

TEST_CASE_FIXTURE(CorsFixture, "Cors: OPTIONS that is no preflight is answered as ever") {
    start();
    CHECK(ask("OPTIONS", "/native/hello", kApp).header("allow") == "GET, HEAD, OPTIONS");
    CHECK(ask("OPTIONS", "/native/hello", "", "Access-Control-Request-Method: GET\r\n")
              .header("allow") == "GET, HEAD, OPTIONS");
}

TEST_CASE_FIXTURE(CorsFixture, "Cors: a handler that allows an origin itself has the word") {
    router.add("GET", "/open", [](const Request&, Response& response) {
        response.set_header("Access-Control-Allow-Origin", "*");
        response.set_content("open", "text/plain");
    });
    {
        proto::HeaderBlockWriter writer(python_headers, 1);
        writer.add("Access-Control-Allow-Origin", "*");
    }
    start();
    for (const char* path : {"/open", "/python/x"}) {
        CAPTURE(path);
        Client client = connect();
        client.send(get_request(path, "Origin: " + kApp + "\r\n"));
        const std::string head = client.take_head();
        const std::size_t first = head.find("llow-Origin: ");
        CHECK(first != std::string::npos);
        CHECK(head.find("llow-Origin", first + 1) == std::string::npos);
        CHECK(head.find("llow-Credentials") == std::string::npos);
    }
}

TEST_CASE_FIXTURE(CorsFixture,
                  "Cors: the next request on a connection is judged by its own origin") {
    start();
    Client client = connect();
    client.send(get_request("/native/hello", "Origin: " + kApp + "\r\n") +
                get_request("/native/hello") +
                get_request("/python/x", "Origin: https://evil.example\r\n") +
                get_request("/python/x", "Origin: " + kApp + "\r\n"));
    CHECK(client.read().header("access-control-allow-origin") == kApp);
    CHECK(client.read().headers.count("access-control-allow-origin") == 0);
    CHECK(client.read().headers.count("access-control-allow-origin") == 0);
    CHECK(client.read().header("access-control-allow-origin") == kApp);
}

TEST_CASE_FIXTURE(CorsFixture, "Cors: a preflight with a body keeps the connection in step") {
    start();
    Client client = connect();
    client.send("OPTIONS /native/echo HTTP/1.1\r\nHost: a\r\nOrigin: " + kApp +
                "\r\nAccess-Control-Request-Method: POST\r\nContent-Length: 5\r\n\r\nhello" +
                get_request("/native/hello"));
    CHECK(client.read().status == 204);
    CHECK(client.read().status == 200);
}

TEST_CASE_FIXTURE(ServerFixture, "Cors: it is off unless an origin is given") {
    start();
    Client client = connect();
    client.send(get_request("/native/hello", "Origin: " + kApp + "\r\n"));
    const Answer answer = client.read();
    CHECK(answer.headers.count("vary") == 0);
    CHECK(answer.headers.count("access-control-allow-origin") == 0);
}
