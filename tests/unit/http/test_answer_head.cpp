#include <string>

#include <doctest/doctest.h>

#include "gateway/http/answer_head.hpp"
#include "gateway/http/date_cache.hpp"

using namespace typhon::http;

namespace {

constexpr std::string_view kDate = "Date: D\r\n";

}  // namespace

TEST_CASE("AnswerHead: status, fields, length") {
    std::string out;
    const Exchange exchange;
    AnswerHead head(out, exchange, 200, kDate);
    head.field("Content-Type", "text/plain");
    head.end(5);
    CHECK(out ==
          "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n");
}

TEST_CASE("AnswerHead: Connection is written where it matters") {
    std::string out;
    Exchange exchange;
    exchange.keep_alive = false;
    AnswerHead(out, exchange, 404, "").end(0);
    CHECK(out == "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    out.clear();
    exchange = {.keep_alive = true, .http_1_0 = true};
    AnswerHead(out, exchange, 204, "").end(0);
    CHECK(out == "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n");
}

TEST_CASE("AnswerHead: a handler's field cannot split the answer") {
    std::string out;
    const Exchange exchange;
    AnswerHead head(out, exchange, 200, "");
    const std::size_t start = out.size();
    CHECK_FALSE(head.handler_field("X", "a\r\nSet-Cookie: b"));
    CHECK_FALSE(head.handler_field("X", "a\nb"));
    CHECK_FALSE(head.handler_field("X", std::string_view("a\0b", 3)));
    CHECK_FALSE(head.handler_field("X Y", "a"));
    CHECK_FALSE(head.handler_field("", "a"));
    CHECK(out.size() == start);
    CHECK(head.handler_field("X", "a"));
    CHECK(out.substr(start) == "X: a\r\n");
}

TEST_CASE("AnswerHead: fields that the front owns are skipped") {
    std::string out;
    const Exchange exchange;
    AnswerHead head(out, exchange, 200, "");
    const std::size_t start = out.size();
    for (const char* name : {"Content-Length",
                             "date",
                             "Transfer-Encoding",
                             "CONNECTION",
                             "Keep-Alive",
                             "Trailer",
                             "Upgrade",
                             "TE",
                             "Proxy-Connection"}) {
        CHECK(head.handler_field(name, "1"));
    }
    CHECK(out.size() == start);
}

TEST_CASE("write_error: one form, with Allow and Retry-After when due") {
    std::string out;
    Exchange exchange;
    exchange.id = 0xab;
    write_error(out, exchange, {.status = 405, .text = "no", .allow = "GET"}, "");
    CHECK(out.find("Allow: GET\r\n") != std::string::npos);
    CHECK(out.find("\"request_id\":\"00000000000000ab\"") != std::string::npos);
    out.clear();
    exchange.is_head = true;
    write_error(out, exchange, {.status = 503, .text = "no", .retry_after_s = 7}, "");
    CHECK(out.find("Retry-After: 7\r\n") != std::string::npos);
    CHECK(out.substr(out.size() - 4) == "\r\n\r\n");
}

TEST_CASE("DateCache: the form of RFC 9110") {
    DateCache date;
    CHECK(date.line(784111777) == "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    CHECK(date.line(784111778) == "Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n");
}

TEST_CASE("AnswerHead: 205 has a body of no bytes, whatever the handler made") {
    std::string out;
    const Exchange exchange;
    AnswerHead(out, exchange, 205, "").end(5);
    AnswerHead(out, exchange, 205, "").end_without_length();
    CHECK(out ==
          "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n"
          "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n");
    CHECK_FALSE(sends_body(exchange, 205));
}
