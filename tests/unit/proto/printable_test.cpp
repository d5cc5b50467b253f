#include "proto/printable.hpp"

#include <doctest/doctest.h>

using namespace typhon::proto;

TEST_CASE("Printable: text that is harmless stays as it is") {
    CHECK(printable("/a path/caf\xC3\xA9/\xF0\x9F\x90\x8D?x=1&y=%0A") ==
          "/a path/caf\xC3\xA9/\xF0\x9F\x90\x8D?x=1&y=%0A");
}

TEST_CASE("Printable: nothing begins a line or moves a cursor") {
    CHECK(printable("a\nb\r\tc") == "a\\nb\\r\\tc");
    CHECK(printable("\x1b[2J\x07") == "\\x1b[2J\\x07");
    CHECK(printable(std::string_view("nul\0del\x7f", 8)) == "nul\\x00del\\x7f");
    CHECK(printable("c1 \xC2\x9B ls \xE2\x80\xA8 rtl \xE2\x80\xAE") ==
          "c1 \\u009b ls \\u2028 rtl \\u202e");
}

TEST_CASE("Printable: an escape cannot be forged, and bad bytes are told") {
    CHECK(printable("\\n") == "\\\\n");
    CHECK(printable("\xFF\xC3") == "\\xff\\xc3");
}

TEST_CASE("Printable: lines of our own stay lines") {
    std::string out = "> ";
    append_printable_lines(out, "File \"a\\b\"\n\tx\x1b[0m\r");
    CHECK(out == "> File \"a\\b\"\n\tx\\x1b[0m\\r");
}
