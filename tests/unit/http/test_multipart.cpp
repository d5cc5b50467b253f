#include <string>

#include <doctest/doctest.h>

#include "gateway/http/multipart.hpp"

using namespace typhon;
using namespace typhon::http;

namespace {

UploadedFiles parse(std::string_view body, std::string_view boundary = "B") {
    UploadedFiles files;
    parse_multipart(body, boundary, files);
    return files;
}

}  // namespace

TEST_CASE("multipart: the boundary is found with and without quotes") {
    CHECK(multipart_boundary("multipart/form-data; boundary=abc") == "abc");
    CHECK(multipart_boundary("multipart/form-data; charset=x; Boundary=\"a b\"") == "a b");
    CHECK(multipart_boundary("multipart/form-data").empty());
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
