#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "gateway/http/conditions.hpp"
#include "gateway/http/http_date.hpp"

using namespace typhon::http;

namespace {

constexpr std::time_t kModified = 1'700'000'000;
constexpr std::time_t kNow = kModified + 3600;

std::string date(std::time_t time) {
    std::string text;
    append_http_date(text, time);
    return text;
}

const std::string kSame = date(kModified);
const std::string kBefore = date(kModified - 1);
const std::string kAfter = date(kModified + 1);

/// A request with these fields, parsed as the front does it.
Conditions conditions_of(const std::string& fields) {
    const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
    Head head;
    REQUIRE(head.parse(bytes, {}) == Head::Status::complete);
    return read_conditions(head);
}

Selection selection(const std::string& fields, bool is_head = false, std::time_t now = kNow) {
    return select(conditions_of(fields),
                  {.tag = R"("v1")", .modified = kModified, .size = 1000},
                  is_head,
                  now);
}

}  // namespace

TEST_CASE("Conditions: fields are found whatever their case, those of one name are joined") {
    const Conditions conditions = conditions_of(
        "IF-MATCH: \"a\"\r\nif-none-match: \"b\"\r\nX: y\r\nIf-None-Match: \"c\"\r\n"
        "If-Modified-Since: d\r\nIf-Unmodified-Since: e\r\nIf-Range: f\r\nRange: bytes=0-\r\n");
    CHECK(conditions.if_match == R"("a")");
    CHECK(conditions.if_none_match == R"("b", "c")");
    CHECK(conditions.if_modified_since == "d");
    CHECK(conditions.if_unmodified_since == "e");
    CHECK(conditions.if_range == "f");
    CHECK(conditions.range == "bytes=0-");
    CHECK_FALSE(conditions_of("X: y\r\n").range.has_value());
}

TEST_CASE("Conditions: each field alone, and their order (RFC 9110 section 13.2.2)") {
    struct Row {
        std::string fields;
        int status;
    };
    const std::string range = "Range: bytes=0-9\r\n";
    const std::vector<Row> rows{
        {"", 200},
        // If-Match: a strong comparison
        {"If-Match: \"v1\"\r\n", 200},
        {"If-Match: \"v0\", \"v1\"\r\n", 200},
        {"If-Match: *\r\n", 200},
        {"If-Match: \"v2\"\r\n", 412},
        {"If-Match: W/\"v1\"\r\n", 412},
        {"If-Match: \r\n", 412},
        // If-Unmodified-Since: only without If-Match, only when it is a date
        {"If-Unmodified-Since: " + kSame + "\r\n", 200},
        {"If-Unmodified-Since: " + kAfter + "\r\n", 200},
        {"If-Unmodified-Since: " + kBefore + "\r\n", 412},
        {"If-Unmodified-Since: yesterday\r\n", 200},
        {"If-Match: \"v1\"\r\nIf-Unmodified-Since: " + kBefore + "\r\n", 200},
        {"If-Unmodified-Since: " + kBefore + "\r\nIf-Unmodified-Since: " + kBefore + "\r\n", 200},
        // If-None-Match: a weak comparison
        {"If-None-Match: \"v1\"\r\n", 304},
        {"If-None-Match: W/\"v1\"\r\n", 304},
        {"If-None-Match: \"v0\", \"v1\"\r\n", 304},
        {"If-None-Match: *\r\n", 304},
        {"If-None-Match: \"v2\"\r\n", 200},
        // If-Modified-Since: only without If-None-Match
        {"If-Modified-Since: " + kSame + "\r\n", 304},
        {"If-Modified-Since: " + kAfter + "\r\n", 304},
        {"If-Modified-Since: " + kBefore + "\r\n", 200},
        {"If-Modified-Since: yesterday\r\n", 200},
        {"If-None-Match: \"v2\"\r\nIf-Modified-Since: " + kAfter + "\r\n", 200},
        {"If-None-Match: \"v1\"\r\nIf-Modified-Since: " + kBefore + "\r\n", 304},
        // 412 before 304 before 206
        {"If-Match: \"v2\"\r\nIf-None-Match: \"v1\"\r\n" + range, 412},
        {"If-Match: \"v1\"\r\nIf-None-Match: \"v1\"\r\n" + range, 304},
        {"If-Match: \"v1\"\r\nIf-None-Match: \"v2\"\r\n" + range, 206},
        // Range and If-Range: a strong comparison, a date exactly
        {range, 206},
        {"Range: bytes=1000-\r\n", 416},
        {"Range: lines=1-2\r\n", 200},
        {range + range, 200},  // joined they are no range
        {range + "If-Range: \"v1\"\r\n", 206},
        {range + "If-Range: \"v2\"\r\n", 200},
        {range + "If-Range: W/\"v1\"\r\n", 200},
        {range + "If-Range: " + kSame + "\r\n", 206},
        {range + "If-Range: " + kAfter + "\r\n", 200},
        {range + "If-Range: " + kBefore + "\r\n", 200},
        {range + "If-Range: nonsense\r\n", 200},
        {"Range: bytes=1000-\r\nIf-Range: \"v2\"\r\n", 200},
        {"If-Range: \"v2\"\r\n", 200},
    };
    for (const Row& row : rows) {
        CAPTURE(row.fields);
        CHECK(selection(row.fields).status == row.status);
    }
}

TEST_CASE("Conditions: HEAD knows no ranges, but the rest") {
    CHECK(selection("Range: bytes=0-9\r\n", true).status == 200);
    CHECK(selection("Range: bytes=1000-\r\n", true).status == 200);
    CHECK(selection("If-None-Match: \"v1\"\r\n", true).status == 304);
    CHECK(selection("If-Match: \"v2\"\r\n", true).status == 412);
}

TEST_CASE("Conditions: a date of this very second does not vouch for a part") {
    const std::string fields = "Range: bytes=0-9\r\nIf-Range: " + kSame + "\r\n";
    CHECK(selection(fields, false, kModified).status == 200);
    CHECK(selection(fields, false, kModified + 1).status == 206);
}

TEST_CASE("Conditions: the ranges are those of the field") {
    const Selection two = selection("Range: bytes=0-9,-5\r\n");
    CHECK(two.ranges == std::vector<ByteRange>{{0, 10}, {995, 5}});
}
