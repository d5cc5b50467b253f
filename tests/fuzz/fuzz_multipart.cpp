// The reader of multipart forms: what it gives is bounded, and comes from the body.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/fuzz/check.hpp"

#include "gateway/http/multipart.hpp"

namespace {

using namespace typhon::http;

void check_part(const std::string& name,
                const typhon::UploadedFile& part,
                std::string_view body,
                const std::string& separator) {
    FUZZ_CHECK(!name.empty() && name == part.name);
    for (const std::string* text : {&part.name, &part.filename, &part.content_type}) {
        FUZZ_CHECK(text->size() <= kMaxPartHead);
        FUZZ_CHECK(text->find("\r\n") == std::string::npos);
        FUZZ_CHECK(body.find(*text) != std::string_view::npos);
    }
    FUZZ_CHECK(body.find(part.content) != std::string_view::npos);
    FUZZ_CHECK(part.content.find(separator) == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    const std::string_view all = bytes;
    const std::size_t line = all.find('\n');
    const std::string_view type = all.substr(0, line);
    const std::string_view body = line == std::string_view::npos ? "" : all.substr(line + 1);
    const std::string_view boundary = multipart_boundary(type);
    FUZZ_CHECK(type.find(boundary) != std::string_view::npos);
    typhon::UploadedFiles files;
    const Fault fault = parse_multipart(body, boundary, files);
    FUZZ_CHECK(!fault || fault.status == 413);
    FUZZ_CHECK(files.size() <= kMaxParts);
    FUZZ_CHECK(!boundary.empty() || files.empty());
    const std::string separator = "\r\n--" + std::string(boundary);
    std::size_t content = 0;
    for (const auto& [name, part] : files) {
        check_part(name, part, body, separator);
        content += part.content.size();
    }
    FUZZ_CHECK(content <= body.size());
    return 0;
}
