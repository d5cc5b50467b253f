#include <string>

#include <doctest/doctest.h>

#include "gateway/http/multipart.hpp"

using namespace typhon;
using namespace typhon::http;

namespace {

UploadedFiles parse(std::string_view body, std::string_view boundary = "B") {
    UploadedFiles files;
    CHECK(parse_multipart(body, boundary, files).status == 0);
    return files;
}

int fault_of(std::string_view body) {
    UploadedFiles files;
    return parse_multipart(body, "B", files).status;
}

std::string parts(std::size_t count) {
    std::string body;
    for (std::size_t number = 0; number < count; ++number) {
        body += "--B\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n";
    }
    return body + "--B--";
}

/// A part whose head has so many bytes.
std::string part_with_head(std::size_t size) {
    std::string head = "Content-Disposition: form-data; name=a\r\nX: ";
    head.resize(size, ';');
    return "--B\r\n" + head + "\r\n\r\nx\r\n--B--";
}

}  // namespace

TEST_CASE("multipart: the boundary is found with and without quotes") {
    CHECK(multipart_boundary("multipart/form-data; boundary=abc") == "abc");
    CHECK(multipart_boundary("multipart/form-data; charset=x; Boundary=\"a b\"") == "a b");
    CHECK(multipart_boundary("multipart/form-data").empty());
    CHECK(multipart_boundary("multipart/form-data; x; y = boundary=z; ;boundary=a=b;c") == "a=b");
}

TEST_CASE("multipart: many parameters cost no more than their bytes" * doctest::timeout(10)) {
    const std::string many(2'000'000, ';');
    CHECK(multipart_boundary("multipart/form-data" + many + "boundary=abc") == "abc");
    CHECK(multipart_boundary("multipart/form-data" + many).empty());
}

TEST_CASE("multipart: too many parts and a part with too large a head are 413") {
    CHECK(parse(parts(kMaxParts)).size() == kMaxParts);
    CHECK(fault_of(parts(kMaxParts + 1)) == 413);
    CHECK(parse(part_with_head(kMaxPartHead)).size() == 1);
    CHECK(fault_of(part_with_head(kMaxPartHead + 1)) == 413);
    CHECK(fault_of("--B\r\nContent-Disposition:" + std::string(1'000'000, ';') + "\r\n--B--") ==
          413);
}

TEST_CASE("multipart: fields and files are read") {
    const auto files = parse(
        "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n"
        "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.txt\"\r\n"
        "Content-Type: text/plain\r\n\r\nl1\r\nl2\r\n--B--\r\n");
    REQUIRE(files.size() == 2);
    CHECK(files.find("a")->second.content == "one");
    CHECK(files.find("f")->second.filename == "x.txt");
    CHECK(files.find("f")->second.content_type == "text/plain");
    CHECK(files.find("f")->second.content == "l1\r\nl2");
}

TEST_CASE("multipart: malformed bodies give what came before the fault") {
    CHECK(parse("nothing").empty());
    CHECK(parse("--B\r\n").empty());
    CHECK(parse("--B\r\n\r\n--B--").empty());
    CHECK(parse("--B\r\nno colon\r\n\r\nx\r\n--B--").empty());
    CHECK(parse("--B\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--B").size() == 1);
}
