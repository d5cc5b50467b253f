#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "coded.hpp"
#include <doctest/doctest.h>

#include "gateway/http/stream_coder.hpp"

using namespace typhon;
using namespace typhon::http;
using typhon::test::decode;
using typhon::test::text_of;

namespace {

/// Bytes that no coding makes smaller.
std::string noise_of(std::size_t size) {
    static std::uint32_t seed = 1;
    std::string noise(size, '\0');
    for (char& byte : noise) {
        seed = seed * 1'664'525U + 1'013'904'223U;
        byte = static_cast<char>(seed >> 24U);
    }
    return noise;
}

}  // namespace

TEST_CASE("Stream coder: each piece can be read as soon as it has been fed") {
    for (const Coding coding : {Coding::gzip, Coding::br}) {
        CAPTURE(coding_name(coding));
        const auto coder = StreamCoder::make(coding);
        REQUIRE(coder != nullptr);
        std::string fed;
        std::string coded;
        for (const std::size_t size : {1U, 40U, 5000U, 300'000U, 2U}) {
            const std::string piece = text_of(size);
            fed += piece;
            REQUIRE(coder->feed(piece, coded));
            const auto read = decode(coding_name(coding), coded);
            CHECK(read.bytes == fed);
            CHECK_FALSE(read.ended);
        }
        REQUIRE(coder->finish(coded));
        const auto read = decode(coding_name(coding), coded);
        CHECK(read.bytes == fed);
        CHECK(read.ended);
        CHECK(coded.size() < fed.size() / 4);
    }
}

TEST_CASE("Stream coder: an empty piece adds nothing, and an empty body is one") {
    for (const Coding coding : {Coding::gzip, Coding::br}) {
        CAPTURE(coding_name(coding));
        const auto coder = StreamCoder::make(coding);
        REQUIRE(coder != nullptr);
        std::string coded;
        CHECK(coder->feed({}, coded));
        CHECK(coded.empty());
        CHECK(coder->finish(coded));
        CHECK(decode(coding_name(coding), coded).ended);
    }
}

TEST_CASE("Stream coder: what does not become smaller passes whole, whatever its size") {
    for (const Coding coding : {Coding::gzip, Coding::br}) {
        CAPTURE(coding_name(coding));
        const auto coder = StreamCoder::make(coding);
        REQUIRE(coder != nullptr);
        std::string fed;
        std::string coded;
        // Sizes about that of the buffer that the coders fill, so that it is once exactly full.
        for (std::size_t size = 16'300; size < 16'400; ++size) {
            const std::string piece = noise_of(size);
            fed += piece;
            REQUIRE(coder->feed(piece, coded));
        }
        REQUIRE(coder->finish(coded));
        const auto read = decode(coding_name(coding), coded);
        CHECK(read.bytes == fed);
        CHECK(read.ended);
    }
}

TEST_CASE("Stream coder: there are so many and no more, and one that ends makes room") {
    std::vector<std::unique_ptr<StreamCoder>> coders;
    for (int i = 0; i < kMaxStreamCoders; ++i) {
        coders.push_back(StreamCoder::make(Coding::gzip));
        REQUIRE(coders.back() != nullptr);
    }
    CHECK(StreamCoder::make(Coding::gzip) == nullptr);
    CHECK(StreamCoder::make(Coding::br) == nullptr);
    coders.pop_back();
    CHECK(StreamCoder::make(Coding::br) != nullptr);
}
