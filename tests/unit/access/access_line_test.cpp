#include "gateway/access/access_line.hpp"

#include <algorithm>
#include <cstdlib>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "proto/utf8.hpp"

using namespace typhon::access;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

AccessEntry python_entry() {
    return {.at = std::chrono::system_clock::time_point(1'795'843'201'123ms),
            .client = "203.0.113.7",
            .method = "GET",
            .path = "/python/users/7",
            .protocol = "HTTP/1.1",
            .status = 200,
            .bytes = 15,
            .referer = "https://shop.example/cart",
            .user_agent = "curl/7.88.1",
            .request_id = "00a1b2c3d4e5f607",
            .route = "/python/users/<int:id>",
            .worker = 4711,
            .queue = 120us,
            .handler = 1'500us,
            .total = 2'001'007us};
}

std::string line_of(Form form, const AccessEntry& entry) {
    std::string line;
    LineFormatter(form).append(line, entry);
    return line;
}

/// Every byte, and Unicode that hides or turns text.
std::string hostile() {
    std::string text =
        "x\" \\ \r\n2026-01-01 forged \xc2\x9b\xe2\x80\xa8\xe2\x80\xae\xef\xbb\xbf caf\xc3\xa9 ";
    for (int byte = 0; byte < 256; ++byte) {
        text += static_cast<char>(byte);
    }
    return text;
}

AccessEntry hostile_entry(const std::string& text) {
    AccessEntry entry = python_entry();
    for (std::string_view* field : {&entry.client,
                                    &entry.method,
                                    &entry.path,
                                    &entry.referer,
                                    &entry.user_agent,
                                    &entry.request_id,
                                    &entry.route}) {
        *field = text;
    }
    return entry;
}

bool is_one_clean_line(const std::string& line) {
    return std::count(line.begin(), line.end(), '\n') == 1 && line.back() == '\n' &&
           std::none_of(line.begin(), line.end() - 1, [](char character) {
               return static_cast<unsigned char>(character) < 0x20 || character == 0x7F;
           });
}

}  // namespace

TEST_CASE("AccessLine: the text form is the combined one with more behind it") {
    ::setenv("TZ", "UTC", 1);  // NOLINT(concurrency-mt-unsafe): no other thread is there
    ::tzset();
    CHECK(line_of(Form::text, python_entry()) ==
          "203.0.113.7 - - [28/Nov/2026:05:20:01 +0000] \"GET /python/users/7 HTTP/1.1\" 200 15 "
          "\"https://shop.example/cart\" \"curl/7.88.1\" id=00a1b2c3d4e5f607 "
          "route=/python/users/<int:id> worker=4711 queue_ms=0.120 handler_ms=1.500 "
          "total_ms=2001.007 end=complete\n");
}

TEST_CASE("AccessLine: what is not known is a dash in text, and null in JSON") {
    AccessEntry entry;
    entry.request_id = "1";
    entry.end = End::client_left;
    const std::string text = line_of(Form::text, entry);
    CHECK(text.substr(0, 7) == "- - - [");
    CHECK(text.find("] \"-\" 000 0 \"-\" \"-\" id=1 route=- worker=- queue_ms=- handler_ms=- "
                    "total_ms=0.000 end=client-left\n") != std::string::npos);
    const json object = json::parse(line_of(Form::json, entry));
    for (const char* name : {"client",
                             "method",
                             "path",
                             "protocol",
                             "referer",
                             "user_agent",
                             "route",
                             "worker",
                             "queue_ms",
                             "handler_ms"}) {
        CAPTURE(name);
        CHECK(object.at(name).is_null());
    }
    CHECK(object.at("status") == 0);
}

TEST_CASE("AccessLine: the JSON form is one object with numbers as numbers") {
    const json object = json::parse(line_of(Form::json, python_entry()));
    const json expected = {{"time", "2026-11-28T05:20:01.123Z"},
                           {"client", "203.0.113.7"},
                           {"method", "GET"},
                           {"path", "/python/users/7"},
                           {"protocol", "HTTP/1.1"},
                           {"status", 200},
                           {"bytes", 15},
                           {"referer", "https://shop.example/cart"},
                           {"user_agent", "curl/7.88.1"},
                           {"request_id", "00a1b2c3d4e5f607"},
                           {"route", "/python/users/<int:id>"},
                           {"worker", 4711},
                           {"queue_ms", 0.12},
                           {"handler_ms", 1.5},
                           {"total_ms", 2001.007},
                           {"end", "complete"}};
    CHECK(object == expected);
}

TEST_CASE("AccessLine: hostile bytes stay one line, and inside their quotes") {
    const std::string text = hostile();
    const std::string line = line_of(Form::text, hostile_entry(text));
    CHECK(is_one_clean_line(line));
    CHECK(line.find("\xc2\x9b") == std::string::npos);
    CHECK(line.find("caf\xc3\xa9") != std::string::npos);
    CHECK(line.find("x\\\" \\\\ \\r\\n2026-01-01 forged \\u009b\\u2028\\u202e\\ufeff") !=
          std::string::npos);
    // Quotes that are not escaped: those of request line, referer and user agent.
    int quotes = 0;
    for (std::size_t at = 0; at < line.size(); ++at) {
        if (line[at] == '\\') {
            ++at;  // what follows is escaped
        } else if (line[at] == '"') {
            ++quotes;
        }
    }
    CHECK(quotes == 6);
}

TEST_CASE("AccessLine: JSON is valid whatever bytes a client sends, and keeps what is text") {
    const std::string text = hostile();
    const std::string line = line_of(Form::json, hostile_entry(text));
    CHECK(is_one_clean_line(line));
    const json object = json::parse(line);
    const auto path = object.at("path").get<std::string>();
    CHECK(path.substr(0, 26) == text.substr(0, 26));
    CHECK(path.find("caf\xc3\xa9") != std::string::npos);
    CHECK(path.find("\xef\xbf\xbd") != std::string::npos);
    for (int first = 0; first < 256; ++first) {
        std::string two(1, static_cast<char>(first));
        two += static_cast<char>(255 - first);
        std::string out;
        append_json_string(out, two);
        CHECK(json::accept(out));
    }
}

TEST_CASE("AccessLine: a text of a client is bounded, and is not cut without a sign") {
    const std::string text(kMaxText + 1, 'a');
    std::string out;
    append_quotable(out, text);
    CHECK(out.size() == kMaxText + 3);
    CHECK(out.substr(kMaxText) == "...");
    out.clear();
    append_json_string(out, text);
    CHECK(out.size() == kMaxText + 5);
    CHECK(json::accept(out));
    out.clear();
    append_quotable(out, text.substr(1));
    CHECK(out.size() == kMaxText);
}

TEST_CASE("AccessLine: a referer loses its query, its fragment and who asks") {
    CHECK(without_secrets("https://a.example/b?token=x#y") == "https://a.example/b");
    CHECK(without_secrets("https://a.example/b#token") == "https://a.example/b");
    CHECK(without_secrets("https://user:secret@a.example/b@c") == "https://a.example/b@c");
    CHECK(without_secrets("user:secret@a.example") == "a.example");
    CHECK(without_secrets("https://a.example") == "https://a.example");
    CHECK(without_secrets("").empty());
}
