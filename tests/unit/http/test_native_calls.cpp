#include <functional>
#include <future>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "server_fixture.hpp"
#include <doctest/doctest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

using namespace typhon;
using namespace typhon::test;

namespace {

void throw_error(const Request&, Response&) {
    throw std::runtime_error("secret detail");
}

}  // namespace

TEST_CASE_FIXTURE(ServerFixture, "Native: a handler sees the whole request") {
    Request seen;
    router.add(
        "POST", "/see/<name>", [&seen](const Request& request, Response&) { seen = request; });
    start();
    Client client = connect();
    client.send(post_request("/see/a%20b?x=1&x=2&y=%26+z",
                             "f=1&g=2",
                             "X-Two: 1\r\nx-two: 2\r\nContent-Type: "
                             "application/x-www-form-urlencoded\r\n"));
    CHECK(client.read().status == 200);
    CHECK(seen.method == "POST");
    CHECK(seen.path == "/see/a b");
    CHECK(seen.target == "/see/a%20b?x=1&x=2&y=%26+z");
    CHECK(seen.version == "HTTP/1.1");
    CHECK(seen.path_params.at("name") == "a b");
    CHECK(seen.get_param_value_count("x") == 2);
    CHECK(seen.get_param_value("y") == "& z");
    CHECK(seen.get_param_value("g") == "2");
    CHECK(seen.get_header_value_count("X-TWO") == 2);
    CHECK(seen.body == "f=1&g=2");
    CHECK(seen.remote_addr == "127.0.0.1");
    CHECK(seen.remote_port > 0);
    CHECK(seen.id != 0);
}

TEST_CASE_FIXTURE(
    ServerFixture,
    "Native: a failure is one line of the log, by the request's name, whatever the client sent") {
    std::ostringstream log;
    const auto before = spdlog::default_logger();
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log)));
    spdlog::default_logger()->set_pattern("%v");
    router.add("GET", "/fails/<name>", [](const Request& request, Response&) {
        throw std::runtime_error("no " + request.path_params.at("name"));
    });
    start();
    Client client = connect();
    client.send(
        "GET /fails/a%0Ab%1B?token=secret HTTP/1.1\r\nHost: a\r\nCookie: secret\r\n"
        "X-Request-Id: order-66\r\n\r\n");
    const Answer answer = client.read();
    CHECK(answer.status == 500);
    CHECK(answer.body == R"({"error":"internal error","request_id":"order-66"})");
    spdlog::set_default_logger(before);
    CHECK(log.str() ==
          "GET /fails/a\\nb\\x1b: the handler failed: no a\\nb\\x1b (request order-66)\n");
}

TEST_CASE_FIXTURE(ServerFixture, "Native: nothing of a request leaks into the next") {
    router.add("GET", "/count", [](const Request& request, Response& response) {
        response.set_content(std::to_string(request.headers.size()) + " " +
                                 std::to_string(request.params.size()) + " " + request.body,
                             "text/plain");
    });
    router.add("POST", "/set", [](const Request&, Response& response) {
        response.set_header("X-Leak", "1");
        response.status = 201;
        response.body = "created";
    });
    start();
    Client client = connect();
    client.send(post_request("/set?a=b", "body", "A: 1\r\nB: 2\r\n"));
    CHECK(client.read().status == 201);
    const Answer answer = client.get("/count");
    CHECK(answer.status == 200);
    CHECK(answer.body == "1 0 ");
    CHECK(answer.header("x-leak").empty());
}

TEST_CASE_FIXTURE(ServerFixture, "Native: exceptions become answers in the error form") {
    router.add("GET", "/teapot", [](const Request&, Response&) { throw HttpError(418, "short"); });
    router.add("GET", "/bug", throw_error);
    router.add("GET", "/int", [](const Request&, Response&) { throw 42; });
    router.add("GET", "/slow-bug", throw_error, Mode::blocking);
    start();
    Client client = connect();
    const Answer teapot = client.get("/teapot");
    CHECK(teapot.status == 418);
    CHECK(teapot.body.find(R"("error":"short")") != std::string::npos);
    for (const char* path : {"/bug", "/int", "/slow-bug"}) {
        const Answer answer = client.get(path);
        CHECK(answer.status == 500);
        CHECK(answer.body.find("internal error") != std::string::npos);
        CHECK(answer.body.find("secret") == std::string::npos);
    }
    CHECK(client.get("/native/hello").status == 200);
}

TEST_CASE_FIXTURE(ServerFixture, "Native: a handler cannot split an answer") {
    router.add("GET", "/split", [](const Request& request, Response& response) {
        response.headers.emplace("X-Name", request.get_param_value("v"));
    });
    router.add("GET", "/status", [](const Request&, Response& response) { response.status = 99; });
    start();
    Client client = connect();
    const Answer split = client.get("/split?v=a%0d%0aSet-Cookie:%20b");
    CHECK(split.status == 500);
    CHECK(split.header("set-cookie").empty());
    CHECK(client.get("/split?v=fine").header("x-name") == "fine");
    CHECK(client.get("/status").status == 500);
}

TEST_CASE_FIXTURE(ServerFixture,
                  "Native: redirect targets, cookies, names, types and statuses cannot split it") {
    const std::string evil = "a\r\nX-Split: 1\r\n\r\nHTTP/1.1 200 OK";
    const std::map<std::string, std::function<void(Response&)>> answers{
        {"/redirect", [&](Response& response) { response.set_redirect("/" + evil); }},
        {"/cookie", [&](Response& response) { response.set_header("Set-Cookie", evil); }},
        {"/name", [&](Response& response) { response.set_header(evil, "1"); }},
        {"/nul", [](Response& response) { response.set_header("X-A", std::string("a\0b", 3)); }},
        {"/type", [&](Response& response) { response.set_content("x", evil); }},
        {"/stream",
         [&](Response& response) {
             response.set_header("X-A", evil);
             response.set_content_provider(
                 1, "text/plain", [](std::size_t, std::size_t, DataSink&) { return false; });
         }},
        {"/interim", [](Response& response) { response.status = 101; }},
        {"/large-status", [](Response& response) { response.status = 1000; }}};
    for (const auto& [path, answer] : answers) {
        router.add("GET", path, [answer = answer](const Request&, Response& response) {
            answer(response);
        });
    }
    start();
    Client client = connect();
    for (const auto& entry : answers) {
        CAPTURE(entry.first);
        const Answer refused = client.get(entry.first);
        CHECK(refused.status == 500);
        CHECK(refused.header("x-split").empty());
        CHECK(client.get("/native/hello").status == 200);
    }
}

TEST_CASE_FIXTURE(ServerFixture,
                  "Native: 204, 205 and 304 have no body, whatever the handler made") {
    router.add("GET", "/status/<int:code>", [](const Request& request, Response& response) {
        response.set_content("not sent", "text/plain");
        response.status = std::stoi(request.path_params.at("code"));
    });
    start();
    Client client = connect();
    for (const char* code : {"204", "304"}) {
        const Answer answer = client.get(std::string("/status/") + code);
        CHECK(std::to_string(answer.status) == code);
        CHECK(answer.headers.count("content-length") == 0);
    }
    const Answer reset = client.get("/status/205");
    CHECK(reset.status == 205);
    CHECK(reset.header("content-length") == "0");
    CHECK(client.get("/native/hello").status == 200);
}

TEST_CASE_FIXTURE(ServerFixture, "Native: redirects, 204 and large bodies") {
    router.add(
        "GET", "/old", [](const Request&, Response& response) { response.set_redirect("/new"); });
    router.add("GET", "/empty", [](const Request&, Response& response) { response.status = 204; });
    std::string big;
    big.resize(10'000'000, 'b');
    router.add("GET", "/big", [&big](const Request&, Response& response) {
        response.set_content(big, "text/plain");
    });
    start();
    Client client = connect();
    const Answer redirect = client.get("/old");
    CHECK(redirect.status == 302);
    CHECK(redirect.header("location") == "/new");
    const Answer empty = client.get("/empty");
    CHECK(empty.status == 204);
    CHECK(empty.headers.count("content-length") == 0);
    CHECK(client.get("/big").body == big);
    CHECK(client.get("/native/hello").status == 200);
}

TEST_CASE_FIXTURE(ServerFixture, "Native: a blocking handler does not hold up the loop") {
    std::promise<void> gate;
    router.add(
        "GET",
        "/wait/<name>",
        [opened = gate.get_future().share()](const Request& request, Response& response) {
            opened.wait();
            response.set_content(request.path_params.at("name"), "text/plain");
        },
        Mode::blocking);
    options.blocking_threads = 1;
    options.blocking_queue = 1;
    start();
    Client first = connect();
    Client second = connect();
    first.send(get_request("/wait/one"));
    CHECK(eventually([&] { return connections() >= 1; }));
    second.send(get_request("/wait/two"));
    Client third = connect();
    CHECK(eventually([&] { return third.get("/native/hello").status == 200; }));
    gate.set_value();
    CHECK(first.read().body == "one");
    CHECK(second.read().body == "two");
}

TEST_CASE_FIXTURE(ServerFixture, "Native: a full pool is 503 with Retry-After") {
    std::promise<void> gate;
    std::promise<void> started;
    router.add(
        "GET",
        "/wait",
        [&started, opened = gate.get_future().share()](const Request&, Response&) {
            started.set_value();
            opened.wait();
        },
        Mode::blocking);
    options.blocking_threads = 1;
    options.blocking_queue = 0;
    start();
    Client first = connect();
    first.send(get_request("/wait"));
    started.get_future().wait();
    Client second = connect();
    const Answer refused = second.get("/wait");
    CHECK(refused.status == 503);
    CHECK_FALSE(refused.header("retry-after").empty());
    gate.set_value();
    CHECK(first.read().status == 200);
}
