#include "proto/request_id.hpp"

#include <doctest/doctest.h>

#include "proto/codec.hpp"

using namespace typhon::proto;

TEST_CASE("RequestId: 1 to 64 letters, digits, dots, underscores and hyphens are accepted") {
    for (const std::string& good :
         {std::string("a"), std::string("7f9c24e5-2b1d.A_Z"), std::string(64, 'x')}) {
        CAPTURE(good);
        CHECK(is_request_id(good));
    }
}

TEST_CASE("RequestId: all else is not") {
    for (const std::string& bad : {std::string(),
                                   std::string(65, 'x'),
                                   std::string("a b"),
                                   std::string("a\nb"),
                                   std::string("a\0b", 3),
                                   std::string("../etc"),
                                   std::string("<script>"),
                                   std::string("a\"b"),
                                   std::string("caf\xC3\xA9"),
                                   std::string("\x1b[31m")}) {
        CAPTURE(bad);
        CHECK_FALSE(is_request_id(bad));
    }
}

TEST_CASE("RequestId: a request is named by its field, whatever its case, else by its number") {
    Request request;
    request.id = 0xABC;
    CHECK(request_name(request) == "0000000000000abc");
    std::string block;
    HeaderBlockWriter writer(block, 2);
    writer.add("Accept", "x");
    writer.add("X-Request-ID", "order-66");
    request.headers = block;
    CHECK(request_name(request) == "order-66");
    CHECK(request_name(0xABC, "") == "0000000000000abc");
    CHECK(request_name(0xABC, "given") == "given");
}
