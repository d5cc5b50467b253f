#include <string>

#include <doctest/doctest.h>

#include "gateway/http/chunked.hpp"

using namespace typhon::http;
using Status = ChunkedDecoder::Status;

namespace {

struct Result {
    Status status;
    std::string data;
    std::string rest;
    int fault;
};

Result decode(std::string_view bytes, std::size_t max_body = 1000) {
    ChunkedDecoder decoder(max_body);
    std::string data;
    const Status status = decoder.decode(bytes, data);
    return {status, data, std::string(bytes), decoder.fault().status};
}

}  // namespace

TEST_CASE("ChunkedDecoder: data is joined, what follows is left") {
    const Result result = decode("3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\nGET /");
    CHECK(result.status == Status::complete);
    CHECK(result.data == "abc0123456789");
    CHECK(result.rest == "GET /");
}

TEST_CASE("ChunkedDecoder: the result does not depend on how the bytes arrive") {
    const std::string bytes = "5;a=\"b\"\r\nhello\r\n001\r\n!\r\n0\r\nX: y\r\nZ: w\r\n\r\n";
    ChunkedDecoder decoder(1000);
    std::string data;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        std::string_view one(&bytes[i], 1);
        const Status status = decoder.decode(one, data);
        CHECK(status == (i + 1 == bytes.size() ? Status::complete : Status::incomplete));
        CHECK(one.empty());
    }
    CHECK(data == "hello!");
}

TEST_CASE("ChunkedDecoder: malformed chunks are refused") {
    CHECK(decode("x\r\n").fault == 400);
    CHECK(decode("\r\n").fault == 400);
    CHECK(decode(";a\r\n").fault == 400);
    CHECK(decode("-1\r\n").fault == 400);
    CHECK(decode("0x1\r\n").fault == 400);
    CHECK(decode("1\n").fault == 400);
    CHECK(decode("1 1\r\n").fault == 400);
    CHECK(decode("1 \r\na").fault == 400);
    CHECK(decode("1\rx").fault == 400);
    CHECK(decode("1\r\nabc").fault == 400);
    CHECK(decode("1\r\na\nb").fault == 400);
    CHECK(decode("0\r\nX: \n").fault == 400);
    CHECK(decode("0\r\n\rx").fault == 400);
    CHECK(decode("00000000000000001\r\n").fault == 400);
    CHECK(decode("1;a=\x01\r\n").fault == 400);
}

TEST_CASE("ChunkedDecoder: white space may come before an extension") {
    CHECK(decode("1 \t;a\r\nx\r\n0\r\n\r\n").status == Status::complete);
}

TEST_CASE("ChunkedDecoder: the body limit counts over all chunks") {
    CHECK(decode("5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n", 10).status == Status::complete);
    CHECK(decode("5\r\nhello\r\n6\r\n", 10).fault == 413);
    CHECK(decode("FFFFFFFFFFFFFFFF\r\n", 10).fault == 413);
}

TEST_CASE("ChunkedDecoder: extensions and trailers are bounded") {
    std::string many;
    for (int i = 0; i < 1000; ++i) {
        many += "1;abcdefgh\r\nx\r\n";
    }
    CHECK(decode(many, 100000).fault == 400);
    CHECK(decode("0\r\nX: " + std::string(10000, 'a')).fault == 431);
}

TEST_CASE(
    "ChunkedDecoder: a large body may have an extension on each chunk, as proxies sign them") {
    std::string signed_chunks;
    for (int i = 0; i < 300; ++i) {
        signed_chunks += "2000;chunk-signature=" + std::string(64, 'a') + "\r\n" +
                         std::string(0x2000, 'x') + "\r\n";
    }
    CHECK(decode(signed_chunks + "0\r\n\r\n", 10'000'000).status == Status::complete);
}

TEST_CASE("ChunkedDecoder: trailer fields are fields") {
    CHECK(decode("0\r\nX: y\r\nZ:\r\n\r\n").status == Status::complete);
    CHECK(decode("0\r\nX y: 1\r\n\r\n").fault == 400);
    CHECK(decode("0\r\nX\r\n\r\n").fault == 400);
    CHECK(decode("0\r\n: 1\r\n\r\n").fault == 400);
    CHECK(decode("0\r\nX: 1\r\n y\r\n\r\n").fault == 400);
}
