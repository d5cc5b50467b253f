#include <string>

#include <doctest/doctest.h>

#include "gateway/http/head.hpp"

using namespace typhon::http;
using Status = Head::Status;

namespace {

int fault_of(const std::string& bytes, const HeadLimits& limits = {}) {
    Head head;
    return head.parse(bytes, limits) == Status::fault ? head.fault().status : 0;
}

std::string line(const std::string& request_line) {
    return request_line + "\r\nHost: a\r\n\r\n";
}

}  // namespace

TEST_CASE("Head: a plain request is read into its parts") {
    const std::string bytes =
        "GET /a/b?x=1&y HTTP/1.1\r\nHost: example.com:80\r\nX-One:  two words\t\r\n\r\nrest";
    Head head;
    REQUIRE(head.parse(bytes, {}) == Status::complete);
    CHECK(head.method() == "GET");
    CHECK(head.target() == "/a/b?x=1&y");
    CHECK(head.path() == "/a/b");
    CHECK(head.query() == "x=1&y");
    CHECK(head.size() == bytes.size() - 4);
    CHECK_FALSE(head.http_1_0());
    CHECK(head.keep_alive());
    CHECK(head.framing() == Framing::none);
    REQUIRE(head.fields().size() == 2);
    CHECK(head.fields()[0].kind == FieldKind::host);
    CHECK(head.view(head.fields()[1].name) == "X-One");
    CHECK(head.view(head.fields()[1].value) == "two words");
}

TEST_CASE("Head: the result does not depend on how the bytes arrive") {
    const std::string bytes =
        "POST http://h:1/p?q HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\nConnection: "
        "close\r\n\r\n";
    Head head;
    for (std::size_t size = 1; size < bytes.size(); ++size) {
        const std::string part = bytes.substr(0, size);  // the bytes move each time
        REQUIRE(head.parse(part, {}) == Status::incomplete);
    }
    REQUIRE(head.parse(bytes, {}) == Status::complete);
    CHECK(head.form() == TargetForm::absolute);
    CHECK(head.path() == "/p");
    CHECK(head.query() == "q");
    CHECK(head.content_length() == 12);
    CHECK_FALSE(head.keep_alive());
}

TEST_CASE("Head: a cleared object reads the next request as a new one does") {
    Head head;
    REQUIRE(head.parse("POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\n", {}) == Status::complete);
    head.clear();
    REQUIRE(head.parse("GET /x HTTP/1.1\r\nHost: a\r\n\r\n", {}) == Status::complete);
    CHECK(head.framing() == Framing::none);
    CHECK(head.fields().size() == 1);
    CHECK(head.keep_alive());
}

TEST_CASE("Head: target forms") {
    const std::string bare = line("GET http://example.com HTTP/1.1");
    const std::string asterisk = line("OPTIONS * HTTP/1.1");
    const std::string query = line("GET http://h?a=b HTTP/1.1");
    Head head;
    REQUIRE(head.parse(bare, {}) == Status::complete);
    CHECK(head.path() == "/");
    head.clear();
    REQUIRE(head.parse(asterisk, {}) == Status::complete);
    CHECK(head.form() == TargetForm::asterisk);
    head.clear();
    REQUIRE(head.parse(query, {}) == Status::complete);
    CHECK(head.path() == "/");
    CHECK(head.query() == "a=b");
    CHECK(fault_of(line("GET * HTTP/1.1")) == 400);
    CHECK(fault_of(line("GET example.com:80 HTTP/1.1")) == 400);
    CHECK(fault_of(line("GET ftp://h/ HTTP/1.1")) == 400);
    CHECK(fault_of(line("GET http:///x HTTP/1.1")) == 400);
    CHECK(fault_of(line("CONNECT h:80 HTTP/1.1")) == 501);
}

TEST_CASE("Head: malformed request lines are refused") {
    CHECK(fault_of(line("GET /")) == 400);
    CHECK(fault_of(line("GET  / HTTP/1.1")) == 400);
    CHECK(fault_of(line("GET / HTTP/1.1 ")) == 400);
    CHECK(fault_of(line(" GET / HTTP/1.1")) == 400);
    CHECK(fault_of(line("GET /a b HTTP/1.1")) == 400);
    CHECK(fault_of(line("G@T / HTTP/1.1")) == 400);
    CHECK(fault_of(line("GET / http/1.1")) == 400);
    CHECK(fault_of(line("GET / HTTP/1.10")) == 400);
    CHECK(fault_of(line("GET /#f HTTP/1.1")) == 400);
    CHECK(fault_of(line("GET /\x01 HTTP/1.1")) == 400);
    CHECK(fault_of(line("GET /\xc3\xa9 HTTP/1.1")) == 400);
    CHECK(fault_of(line("GET\t/\tHTTP/1.1")) == 400);
    CHECK(fault_of("GET / HTTP/1.1\nHost: a\r\n\r\n") == 400);
    CHECK(fault_of("GET / HTTP/1.1\r\nHost: a\n\r\n") == 400);
    CHECK(fault_of("GET / HTTP/1.1\r\nHost: a\r\n\n") == 400);
    CHECK(fault_of("\n") == 400);
    CHECK(fault_of("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n") == 400);
}

TEST_CASE("Head: major versions other than 1 are 505, minor versions above 1 are read as 1.1") {
    CHECK(fault_of("PRI * HTTP/2.0\r\n\r\n") == 505);
    CHECK(fault_of(line("GET / HTTP/1.2")) == 0);
    CHECK(fault_of(line("GET / HTTP/0.9")) == 505);
}

TEST_CASE("Head: a few empty lines may come first") {
    Head head;
    CHECK(head.parse("\r\n\r\n" + line("GET / HTTP/1.1"), {}) == Status::complete);
    CHECK(fault_of("\r\n\r\n\r\n" + line("GET / HTTP/1.1")) == 400);
}

TEST_CASE("Head: limits are refused as soon as they are passed") {
    HeadLimits limits{.max_head = 1000, .max_fields = 3, .max_target = 100};
    CHECK(fault_of("GET /" + std::string(100, 'a'), limits) == 0);  // may still end in time
    CHECK(fault_of(line("GET /" + std::string(100, 'a') + " HTTP/1.1"), limits) == 414);
    CHECK(fault_of("GET /" + std::string(500, 'a'), limits) == 414);
    CHECK(fault_of("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1000, 'a'), limits) == 431);
    CHECK(fault_of("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1000, 'a') + "\r\n\r\n",
                   limits) == 431);
    CHECK(fault_of("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 1\r\n\r\n", limits) == 0);
    CHECK(fault_of("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 1\r\nC: 1\r\n", limits) == 431);
    CHECK(fault_of(line(std::string(33, 'A') + " / HTTP/1.1"), limits) == 501);
}
