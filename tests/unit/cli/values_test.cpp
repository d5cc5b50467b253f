#include "gateway/cli/values.hpp"

#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

using namespace typhon;
using namespace typhon::cli;
using namespace std::chrono_literals;

TEST_CASE("Values: a number is digits alone, within its range") {
    CHECK(parse_number("0", 0, 10) == 0);
    CHECK(parse_number("10", 0, 10) == 10);
    for (const char* text :
         {"11", "-1", "", " 1", "1 ", "+1", "1.0", "0x1", "99999999999999999999"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(static_cast<void>(parse_number(text, 0, 10)), std::invalid_argument);
    }
}

TEST_CASE("Values: a refused number is named together with what was expected") {
    CHECK_THROWS_WITH(static_cast<void>(parse_number("70000", 1, 65535)),
                      "'70000' is not a whole number from 1 to 65535");
}

TEST_CASE("Values: sizes have units of 1024") {
    const std::uint64_t max = UINT64_MAX;
    CHECK(parse_size("500", 0, max) == 500);
    CHECK(parse_size("64K", 0, max) == 65'536);
    CHECK(parse_size("64kb", 0, max) == 65'536);
    CHECK(parse_size("16MiB", 0, max) == 16'777'216);
    CHECK(parse_size("2g", 0, max) == 2'147'483'648);
    for (const char* text : {"", "M", "1.5M", "-1", "16T", "16 M", "99999999999999999G"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(static_cast<void>(parse_size(text, 0, max)), std::invalid_argument);
    }
    CHECK_THROWS_WITH(static_cast<void>(parse_size("1", 1024, std::uint64_t{1} << 20U)),
                      "'1' is not a size from 1K to 1M (such as 64K or 16M)");
}

TEST_CASE("Values: times have units, and are seconds without one") {
    CHECK(parse_duration("30", 0ms, 24h) == 30s);
    CHECK(parse_duration("30s", 0ms, 24h) == 30s);
    CHECK(parse_duration("500ms", 0ms, 24h) == 500ms);
    CHECK(parse_duration("2m", 0ms, 24h) == 120s);
    CHECK(parse_duration("24h", 0ms, 24h) == 24h);
    for (const char* text : {"", "s", "1d", "1.5s", "-1s", "25h", "99999999999999999h"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(static_cast<void>(parse_duration(text, 0ms, 24h)), std::invalid_argument);
    }
}

TEST_CASE("Values: a flag is a word of yes or no") {
    for (const char* text : {"1", "true", "Yes", "ON"}) {
        CHECK(parse_flag(text));
    }
    for (const char* text : {"0", "false", "No", "OFF"}) {
        CHECK_FALSE(parse_flag(text));
    }
    CHECK_THROWS_AS(static_cast<void>(parse_flag("maybe")), std::invalid_argument);
}

TEST_CASE("Values: texts are the shortest that read back as the same") {
    for (const std::uint64_t bytes : {0UL, 1UL, 1023UL, 1024UL, 65536UL, 16777216UL, 1UL << 30U}) {
        CHECK(parse_size(size_text(bytes), 0, UINT64_MAX) == bytes);
    }
    CHECK(size_text(16'777'216) == "16M");
    CHECK(duration_text(500ms) == "500ms");
    CHECK(duration_text(75s) == "75s");
    CHECK(duration_text(2h) == "2h");
    CHECK(parse_duration(duration_text(90'001ms), 0ms, 24h) == 90'001ms);
}
