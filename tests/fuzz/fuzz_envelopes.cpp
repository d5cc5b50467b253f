// The decoder of frames, of the gateway and of the worker alike: whatever it accepts can be
// encoded, and means the same when it is decoded again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "tests/fuzz/check.hpp"

#include "proto/codec.hpp"
#include "proto/limits.hpp"

namespace {

using namespace typhon::proto;

std::string encoded(const Envelope& envelope) {
    std::string out;
    std::visit([&out](const auto& value) { encode(value, out); }, envelope);
    return out;
}

void check_header_block(std::string_view block) {
    HeaderBlockReader reader(block);
    std::string_view name;
    std::string_view value;
    while (reader.next(name, value)) {
    }
}

void check_round_trip(const Envelope& envelope) {
    const std::string frame = encoded(envelope);
    BatchReader reader;
    reader.open(frame);
    const auto again = reader.next();
    FUZZ_CHECK(again.has_value());
    FUZZ_CHECK(again->index() == envelope.index());
    FUZZ_CHECK(encoded(*again) == frame);
    FUZZ_CHECK(!reader.next().has_value());
    FUZZ_CHECK(reader.fault().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string frame(reinterpret_cast<const char*>(data), size);
    static BatchReader reader;  // keeps its memory from frame to frame
    reader.open(frame);
    while (const auto envelope = reader.next()) {
        check_round_trip(*envelope);
        if (const auto* request = std::get_if<Request>(&*envelope)) {
            check_header_block(request->headers);
        } else if (const auto* reply = std::get_if<Reply>(&*envelope)) {
            check_header_block(reply->headers);
        }
    }
    return 0;
}
