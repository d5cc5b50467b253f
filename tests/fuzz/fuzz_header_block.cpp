// The decoder of header blocks: what it reads without a fault can be written, and reads the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/fuzz/check.hpp"

#include "proto/codec.hpp"
#include "proto/limits.hpp"

namespace {

using namespace typhon::proto;
using Fields = std::vector<std::pair<std::string, std::string>>;

bool read(std::string_view block, Fields& fields) {
    HeaderBlockReader reader(block);
    std::string_view name;
    std::string_view value;
    while (reader.next(name, value)) {
        fields.emplace_back(name, value);
    }
    return !reader.failed();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string block(reinterpret_cast<const char*>(data), size);
    Fields fields;
    if (!read(block, fields)) {
        return 0;
    }
    FUZZ_CHECK(fields.size() <= kMaxHeaderFields);
    std::string written;
    HeaderBlockWriter writer(written, fields.size());
    for (const auto& [name, value] : fields) {
        writer.add(name, value);
    }
    Fields again;
    FUZZ_CHECK(read(written, again));
    FUZZ_CHECK(again == fields);
    return 0;
}
