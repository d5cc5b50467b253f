#include "coded.hpp"

#include <cstdint>
#include <memory>

#include <brotli/decode.h>
#include <doctest/doctest.h>
#include <zlib.h>

namespace typhon::test {

namespace {

constexpr std::size_t kMost = 10U << 20;

Decoded gunzip(const std::string& bytes) {
    Decoded result{.bytes = std::string(kMost, '\0')};
    z_stream stream{};
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(result.bytes.data());
    stream.avail_out = static_cast<uInt>(result.bytes.size());
    REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
    result.ended = ::inflate(&stream, Z_SYNC_FLUSH) == Z_STREAM_END && stream.avail_in == 0;
    result.bytes.resize(stream.total_out);
    ::inflateEnd(&stream);
    return result;
}

Decoded unbrotli(const std::string& bytes) {
    Decoded result{.bytes = std::string(kMost, '\0')};
    const std::unique_ptr<BrotliDecoderState, decltype(&BrotliDecoderDestroyInstance)> state(
        BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), &BrotliDecoderDestroyInstance);
    std::size_t left = bytes.size();
    const auto* next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
    std::size_t room = result.bytes.size();
    auto* next_out = reinterpret_cast<std::uint8_t*>(result.bytes.data());
    result.ended =
        BrotliDecoderDecompressStream(state.get(), &left, &next_in, &room, &next_out, nullptr) ==
            BROTLI_DECODER_RESULT_SUCCESS &&
        left == 0;
    result.bytes.resize(kMost - room);
    return result;
}

}  // namespace

Decoded decode(std::string_view coding, const std::string& body) {
    return coding == "gzip" ? gunzip(body) : coding == "br" ? unbrotli(body) : Decoded{body, true};
}

std::string text_of(std::size_t size) {
    std::string text;
    while (text.size() < size) {
        text += "line " + std::to_string(text.size()) + " of a text that repeats itself\n";
    }
    text.resize(size);
    return text;
}

}  // namespace typhon::test
