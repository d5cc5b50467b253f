#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "gateway/http/byte_ranges.hpp"

using namespace typhon::http;
using Outcome = RangeRequest::Outcome;

namespace {

struct Row {
    std::string range;
    std::uint64_t size;
    Outcome outcome;
    std::vector<ByteRange> ranges;
};

std::string many(std::size_t count) {
    std::string range = "bytes=0-0";
    for (std::size_t index = 1; index < count; ++index) {
        range += "," + std::to_string(index * 2) + "-" + std::to_string(index * 2);
    }
    return range;
}

}  // namespace

TEST_CASE("ByteRanges: what a Range field asks for (RFC 9110 section 14)") {
    const std::vector<Row> rows{
        // one range
        {"bytes=0-499", 1000, Outcome::partial, {{0, 500}}},
        {"bytes=500-", 1000, Outcome::partial, {{500, 500}}},
        {"bytes=-300", 1000, Outcome::partial, {{700, 300}}},
        {"bytes=0-0", 1000, Outcome::partial, {{0, 1}}},
        {"bytes=999-999", 1000, Outcome::partial, {{999, 1}}},
        {"bytes=0-", 1000, Outcome::partial, {{0, 1000}}},
        {"BYTES= 0-1 ", 1000, Outcome::partial, {{0, 2}}},
        // more than there is
        {"bytes=990-2000", 1000, Outcome::partial, {{990, 10}}},
        {"bytes=-2000", 1000, Outcome::partial, {{0, 1000}}},
        {"bytes=0-99999999999999999999999", 1000, Outcome::partial, {{0, 1000}}},
        {"bytes=-99999999999999999999999", 1000, Outcome::partial, {{0, 1000}}},
        // nothing of it is there
        {"bytes=1000-", 1000, Outcome::unsatisfiable, {}},
        {"bytes=1000-2000", 1000, Outcome::unsatisfiable, {}},
        {"bytes=-0", 1000, Outcome::unsatisfiable, {}},
        {"bytes=99999999999999999999999-", 1000, Outcome::unsatisfiable, {}},
        {"bytes=5000-,6000-", 1000, Outcome::unsatisfiable, {}},
        // several
        {"bytes=0-0,-1", 1000, Outcome::partial, {{0, 1}, {999, 1}}},
        {"bytes=500-600, 0-99", 1000, Outcome::partial, {{500, 101}, {0, 100}}},
        {"bytes=0-9,5000-", 1000, Outcome::partial, {{0, 10}}},
        {"bytes= ,0-9,,20-29,", 1000, Outcome::partial, {{0, 10}, {20, 10}}},
        // too much: the whole
        {"bytes=0-,0-", 1000, Outcome::whole, {}},
        {"bytes=0-600,300-900", 1000, Outcome::whole, {}},
        {many(kMaxRanges + 1), 1000, Outcome::whole, {}},
        {many(1000), 5000, Outcome::whole, {}},
        // not valid, or not of bytes: ignored
        {"bytes=", 1000, Outcome::whole, {}},
        {"bytes", 1000, Outcome::whole, {}},
        {"", 1000, Outcome::whole, {}},
        {"bytes=-", 1000, Outcome::whole, {}},
        {"bytes=5", 1000, Outcome::whole, {}},
        {"bytes=9-5", 1000, Outcome::whole, {}},
        {"bytes=a-b", 1000, Outcome::whole, {}},
        {"bytes=0-1-2", 1000, Outcome::whole, {}},
        {"bytes=+0-1", 1000, Outcome::whole, {}},
        {"bytes=0 -1", 1000, Outcome::whole, {}},
        {"bytes=--1", 1000, Outcome::whole, {}},
        {"bytes=0-1,x", 1000, Outcome::whole, {}},
        {"bytes =0-1", 1000, Outcome::whole, {}},
        {"items=0-1", 1000, Outcome::whole, {}},
        // of nothing there is no part
        {"bytes=0-", 0, Outcome::whole, {}},
        {"bytes=-5", 0, Outcome::whole, {}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.range);
        const RangeRequest request = read_ranges(row.range, row.size);
        CHECK(request.outcome == row.outcome);
        CHECK(request.ranges == row.ranges);
    }
}

TEST_CASE("ByteRanges: as many ranges as are allowed") {
    CHECK(read_ranges(many(kMaxRanges), 1000).ranges.size() == kMaxRanges);
}

TEST_CASE("ByteRanges: Content-Range") {
    CHECK(content_range({500, 500}, 1234) == "bytes 500-999/1234");
    CHECK(content_range_of_none(1234) == "bytes */1234");
}
