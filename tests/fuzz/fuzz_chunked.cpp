// The chunked decoder: its result does not depend on how the bytes arrive, and data stays below its
// limit and below what arrived.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/fuzz/check.hpp"

#include "gateway/http/chunked.hpp"

namespace {

using namespace typhon::http;

constexpr std::size_t kMaxBody = 4096;

struct Result {
    ChunkedDecoder::Status status = ChunkedDecoder::Status::incomplete;
    int fault = 0;
    std::string data;
    std::size_t left = 0;  // bytes of the next request
};

Result decode(std::string_view bytes, std::size_t piece) {
    ChunkedDecoder decoder(kMaxBody);
    Result result;
    while (!bytes.empty() && result.status == ChunkedDecoder::Status::incomplete) {
        const std::string moved(bytes.substr(0, piece));
        std::string_view rest = moved;
        result.status = decoder.decode(rest, result.data);
        FUZZ_CHECK(result.status != ChunkedDecoder::Status::incomplete || rest.empty());
        bytes.remove_prefix(moved.size() - rest.size());
    }
    result.fault = decoder.fault().status;
    result.left = bytes.size();
    return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const Result whole = decode(bytes, size + 1);
    FUZZ_CHECK(whole.data.size() <= kMaxBody);
    FUZZ_CHECK(whole.data.size() <= size);
    FUZZ_CHECK((whole.status == ChunkedDecoder::Status::fault) == (whole.fault != 0));
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}}) {
        const Result pieces = decode(bytes, piece);
        FUZZ_CHECK(pieces.status == whole.status);
        FUZZ_CHECK(pieces.fault == whole.fault);
        FUZZ_CHECK(pieces.data == whole.data);
        FUZZ_CHECK(pieces.left == whole.left);
    }
    return 0;
}
