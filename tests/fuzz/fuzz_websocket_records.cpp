// The records of a WebSocket, as a worker sends them: the result does not depend on how the bytes
// arrive, and what is taken can be written and means the same again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/fuzz/check.hpp"

#include "gateway/http/websocket_records.hpp"
#include "proto/limits.hpp"

namespace {

using namespace typhon::http;

void check_close(const WebSocketRecord& record) {
    if (record.opcode == WebSocketRecord::kClose) {
        const WebSocketClose close = read_close_payload(record.payload);
        FUZZ_CHECK(close.code >= 1000 && close.code <= 4999);
        FUZZ_CHECK(close.code != 1005 && close.code != 1006 && close.code != 1015);
    }
}

/// Appends the records at the start of `bytes` to `written`; false when the next one is bad.
bool take_all(std::string_view& bytes, std::string& written) {
    bool bad = false;
    while (const auto record = take_record(bytes, bad)) {
        FUZZ_CHECK(record->payload.size() <= typhon::proto::kMaxChunk);
        check_close(*record);
        append_record(*record, written);
    }
    return !bad;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    std::string_view rest = bytes;
    std::string written;
    const bool good = take_all(rest, written);
    FUZZ_CHECK(bytes == written + std::string(rest));

    std::string arrived(bytes.substr(0, size / 2));
    std::string_view first = arrived;
    std::string in_two;
    if (!take_all(first, in_two)) {
        FUZZ_CHECK(!good);
        return 0;
    }
    const std::string later = std::string(first).append(bytes.substr(size / 2));
    std::string_view second = later;
    FUZZ_CHECK(take_all(second, in_two) == good);
    FUZZ_CHECK(in_two == written);
    return 0;
}
