#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "proto/codec.hpp"
#include "proto/limits.hpp"

using namespace typhon::proto;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string block_of(const Fields& fields) {
    std::string block = "what was there before";
    HeaderBlockWriter writer(block, fields.size());
    for (const auto& [name, value] : fields) {
        writer.add(name, value);
    }
    return block;
}

// The fields of `block`, and whether it is well-formed.
std::pair<Fields, bool> read(std::string_view block) {
    HeaderBlockReader reader(block);
    Fields fields;
    std::string_view name;
    std::string_view value;
    while (reader.next(name, value)) {
        fields.emplace_back(name, value);
    }
    CHECK_FALSE(reader.next(name, value));
    return {fields, !reader.failed()};
}

bool malformed(std::string_view block) {
    return !read(block).second;
}

}  // namespace

TEST_CASE("HeaderBlock: fields come back in order, repeated and empty ones too") {
    const Fields fields{
        {"host", "a"}, {"x-b", ""}, {"set-cookie", "1"}, {"set-cookie", "2"}, {"z", "\xFF\x00"}};
    CHECK(read(block_of(fields)) == std::pair(fields, true));
}

TEST_CASE("HeaderBlock: an empty block and a block of no fields have no fields") {
    CHECK(read("") == std::pair(Fields{}, true));
    CHECK(read(block_of({})) == std::pair(Fields{}, true));
}

TEST_CASE("HeaderBlock: values of each length form come back whole") {
    for (const std::size_t length : {std::size_t{31},
                                     std::size_t{32},
                                     std::size_t{255},
                                     std::size_t{256},
                                     std::size_t{65535},
                                     std::size_t{65536}}) {
        const Fields fields{{"name", std::string(length, 'v')},
                            {std::string(length, 'n'), "value"}};
        CHECK(read(block_of(fields)) == std::pair(fields, true));
    }
}

TEST_CASE("HeaderBlock: names and values may be msgpack str as well as bin") {
    const std::string whole(
        "\x94\xA1"
        "a"
        "\xD9\x01"
        "b"
        "\xDA\x00\x01"
        "c"
        "\xDB\x00\x00\x00\x01"
        "d",
        16);
    CHECK(read(whole) == std::pair(Fields{{"a", "b"}, {"c", "d"}}, true));
}

TEST_CASE("HeaderBlock: the most fields are read and one more is refused") {
    CHECK(read(block_of(Fields(kMaxHeaderFields, {"n", "v"}))).second);
    CHECK(malformed(block_of(Fields(kMaxHeaderFields + 1, {"n", "v"}))));
}

TEST_CASE("HeaderBlock: what is no block is malformed") {
    CHECK(
        malformed("\x91\xA1"
                  "a"));  // odd count
    CHECK(
        malformed("\x92\xA1"
                  "a"
                  "\x01"));  // a number
    CHECK(
        malformed("\x92\xA1"
                  "a"
                  "\x90"));  // an array
    CHECK(
        malformed("\x92\xA1"
                  "a"
                  "\xA1"
                  "b"
                  "\xA1"));  // more than it says
    CHECK(
        malformed("\x81\xA1"
                  "a"
                  "\xA1"
                  "b"));  // a map
    CHECK(
        malformed("\xA1"
                  "a"));                                       // text
    CHECK(malformed(std::string("\xDD\x00\x00\x00\x00", 5)));  // array 32: no block needs it
    CHECK(
        malformed("\x92\xA1"
                  "a"
                  "\xDB\xFF\xFF\xFF\xFF"));  // length beyond the block
    CHECK(
        malformed("\x92\xA1"
                  "a"
                  "\xC6\xFF"));  // length cut off
    CHECK(malformed("\xDC\x00"));
}

TEST_CASE("HeaderBlock: a block that is cut anywhere is malformed and its first fields are whole") {
    const Fields fields{{"host", "example"}, {"accept", std::string(300, 'x')}, {"x", ""}};
    const std::string block = block_of(fields);
    for (std::size_t size = 1; size < block.size(); ++size) {
        const auto [found, well_formed] = read(std::string_view(block).substr(0, size));
        REQUIRE_FALSE(well_formed);
        for (std::size_t index = 0; index < found.size(); ++index) {
            REQUIRE(found[index] == fields[index]);
        }
    }
}

TEST_CASE("HeaderBlock: any changed byte gives views inside the block or a fault") {
    const std::string block = block_of({{"host", "example"}, {"accept", "*/*"}});
    for (std::size_t index = 0; index < block.size(); ++index) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string changed = block;
            changed[index] = static_cast<char>(byte);
            HeaderBlockReader reader(changed);
            std::string_view name;
            std::string_view value;
            while (reader.next(name, value)) {
                REQUIRE(name.data() >= changed.data());
                REQUIRE(value.data() + value.size() <= changed.data() + changed.size());
            }
        }
    }
}

TEST_CASE("HeaderBlock: a body comes in pieces when the first field says so, and no other one") {
    CHECK(streams_body(block_of({{":body", "stream"}, {"host", "a"}})));
    CHECK_FALSE(streams_body(block_of({{"host", "a"}, {":body", "stream"}})));
    CHECK_FALSE(streams_body(block_of({{":body", "whole"}})));
    CHECK_FALSE(streams_body(block_of({})));
    CHECK_FALSE(streams_body(""));
    CHECK_FALSE(streams_body("\x92\xC4\x05:bod"));
}
