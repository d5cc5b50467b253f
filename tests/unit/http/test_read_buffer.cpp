#include <cstring>
#include <string>

#include <doctest/doctest.h>

#include "gateway/http/read_buffer.hpp"

using namespace typhon::http;

namespace {

void fill(ReadBuffer& buffer, const std::string& bytes) {
    buffer.make_room(bytes.size());
    REQUIRE(buffer.space_size() >= bytes.size());
    std::memcpy(buffer.space(), bytes.data(), bytes.size());
    buffer.commit(bytes.size());
}

}  // namespace

TEST_CASE("ReadBuffer: bytes survive growing, consuming and shrinking") {
    BlockPool pool;
    ReadBuffer buffer(pool);
    std::string expected;
    for (int i = 0; i < 40; ++i) {
        const std::string piece(997, static_cast<char>('a' + i % 26));
        fill(buffer, piece);
        expected += piece;
    }
    CHECK(buffer.bytes() == expected);
    buffer.consume(39'000);
    buffer.shrink();
    CHECK(buffer.bytes() == expected.substr(39'000));
    CHECK(buffer.space_size() == ReadBuffer::kInlineSize - buffer.bytes().size());
}

TEST_CASE("ReadBuffer: an empty buffer starts at the front again") {
    BlockPool pool;
    ReadBuffer buffer(pool);
    fill(buffer, "abc");
    buffer.consume(3);
    CHECK(buffer.empty());
    CHECK(buffer.space_size() == ReadBuffer::kInlineSize);
    fill(buffer, "abcdef");
    buffer.consume(2);
    buffer.truncate(3);
    CHECK(buffer.bytes() == "cde");
}
