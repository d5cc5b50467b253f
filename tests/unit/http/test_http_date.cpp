#include <string>

#include <doctest/doctest.h>

#include "gateway/http/http_date.hpp"

using namespace typhon::http;

namespace {

constexpr std::time_t kThen = 784'111'777;        // Sun, 06 Nov 1994 08:49:37 GMT
constexpr std::time_t kNow = 1'764'000'000;       // in 2025
constexpr std::time_t kFebruary = 1'709'210'096;  // Thu, 29 Feb 2024 12:34:56 GMT
constexpr std::time_t kCentury = 3'939'094'800;   // Thu, 28 Oct 2094 09:00:00 GMT

std::string text_of(std::time_t time) {
    std::string text;
    append_http_date(text, time);
    return text;
}

}  // namespace

TEST_CASE("HttpDate: the form that is sent") {
    CHECK(text_of(kThen) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(text_of(kFebruary) == "Thu, 29 Feb 2024 12:34:56 GMT");
    CHECK(text_of(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(text_of(-1) == "Wed, 31 Dec 1969 23:59:59 GMT");
}

TEST_CASE("HttpDate: the three forms of RFC 9110 section 5.6.7 are understood") {
    CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", kNow) == kThen);
    CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", kNow) == kThen);
    CHECK(parse_http_date("Sun Nov  6 08:49:37 1994", kNow) == kThen);
    CHECK(parse_http_date("Thu Feb 29 12:34:56 2024", kNow) == kFebruary);
    CHECK(parse_http_date(text_of(-1), kNow) == -1);
}

TEST_CASE("HttpDate: the first and the last year that can be written") {
    CHECK(parse_http_date("Fri, 31 Dec 9999 23:59:59 GMT", kNow) == 253'402'300'799);
    CHECK(parse_http_date("Mon, 01 Jan 0001 00:00:00 GMT", kNow) == -62'135'596'800);
}

TEST_CASE("HttpDate: two digits of a year mean the past when they seem more than 50 years ahead") {
    CHECK(parse_http_date("Thursday, 28-Oct-94 09:00:00 GMT", kNow) != kCentury);
    CHECK(parse_http_date("Thursday, 28-Oct-94 09:00:00 GMT", kCentury) == kCentury);
    CHECK(parse_http_date("Wednesday, 06-Nov-74 08:49:37 GMT", kNow) > kNow);
}

TEST_CASE("HttpDate: what is no date is none") {
    for (const char* text : {"",
                             "0",
                             "Sun, 06 Nov 1994 08:49:37",
                             "Sun, 06 Nov 1994 08:49:37 UTC",
                             "Sun, 06 Nov 1994 08:49:37 GMT ",
                             "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
                             "sun, 06 nov 1994 08:49:37 gmt",
                             "Sun, 6 Nov 1994 08:49:37 GMT",
                             "Sun, 31 Nov 1994 08:49:37 GMT",
                             "Sun, 00 Nov 1994 08:49:37 GMT",
                             "Sun, 06 Foo 1994 08:49:37 GMT",
                             "Sun, 06 Nov 1994 24:00:00 GMT",
                             "Sun, 06 Nov 1994 08:60:37 GMT",
                             "Sun, 06 Nov 1994 08:49:61 GMT",
                             "Sun, 06 Nov -994 08:49:37 GMT",
                             "Sun Nov 6 08:49:37 1994",
                             "Sunday, 06-Nov-1994 08:49:37 GMT",
                             "1994-11-06T08:49:37Z"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_http_date(text, kNow).has_value());
    }
}

TEST_CASE("HttpDate: a leap second counts as the second before it") {
    CHECK(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT", kNow) ==
          parse_http_date("Sat, 31 Dec 2016 23:59:59 GMT", kNow));
}
