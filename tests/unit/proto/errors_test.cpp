#include "proto/errors.hpp"

#include <set>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace typhon::proto;

namespace {

constexpr int kCodes = static_cast<int>(ErrorCode::client_left) + 1;

std::string error_text(std::string_view text) {
    return nlohmann::json::parse(error_body(text, "1")).at("error").get<std::string>();
}

}  // namespace

TEST_CASE("Errors: every code has a row of its own with a name and an error status") {
    std::set<std::string_view> names;
    for (int code = 1; code < kCodes; ++code) {
        const ErrorInfo& info = error_info(static_cast<ErrorCode>(code));
        CHECK(names.insert(info.name).second);
        CHECK_FALSE(info.text.empty());
        CHECK(info.status >= 400);
        CHECK(info.status <= 599);
    }
}

TEST_CASE("Errors: rows stand in the order of the codes") {
    CHECK(error_info(ErrorCode::none).status == 200);
    CHECK(error_info(ErrorCode::not_found).status == 404);
    CHECK(error_info(ErrorCode::payload_too_large).status == 413);
    CHECK(error_info(ErrorCode::internal).text == "internal error");
    CHECK(error_info(ErrorCode::worker_died).name == "worker_died");
    CHECK(error_info(ErrorCode::worker_died).status == 502);
    CHECK(error_info(ErrorCode::queue_full).status == 503);
    CHECK(error_info(ErrorCode::deadline).status == 504);
    CHECK(error_info(ErrorCode::version_not_supported).status == 505);
    CHECK(error_info(ErrorCode::client_left).name == "client_left");
}

TEST_CASE("Errors: each 503 and 429 is retryable and a request that may have run is not") {
    for (int code = 0; code < kCodes; ++code) {
        const ErrorInfo& info = error_info(static_cast<ErrorCode>(code));
        CHECK(info.retryable == (info.status == 503 || info.status == 429));
    }
}

TEST_CASE("Errors: a code out of the table reads as an internal error") {
    CHECK(error_info(static_cast<ErrorCode>(250)).name == "internal");
}

TEST_CASE("Errors: a body is JSON with the text and the request id") {
    const auto body = nlohmann::json::parse(error_body("not found", request_id_text(0xABCULL)));
    CHECK(body.size() == 2);
    CHECK(body.at("error") == "not found");
    CHECK(body.at("request_id") == "0000000000000abc");
}

TEST_CASE("Errors: quotes, backslashes and control characters are escaped") {
    const std::string text = "a \"quoted\" \\ word\n\r\t\b\f" + std::string("\0\x01\x1f\x7f", 4);
    CHECK(error_text(text) == text);
}

TEST_CASE("Errors: valid UTF-8 of each length stays as it is") {
    const std::string text = "é ߿ ࠀ € ퟿  � 𐀀 😀 \xF4\x8F\xBF\xBF";
    CHECK(error_text(text) == text);
}

TEST_CASE("Errors: bytes that are no UTF-8 are replaced, the text after them stays") {
    const std::string replacement = "\xEF\xBF\xBD";
    for (const char* bad :
         {"\x80", "\xBF", "\xC0", "\xC1", "\xF5", "\xFF", "\xC3", "\xE2", "\xF0"}) {
        CHECK(error_text(std::string("a") + bad + "b") == "a" + replacement + "b");
    }
    CHECK(error_text("\xE2\x82") == replacement + replacement);                    // cut off
    CHECK(error_text("\xC0\xAF") == replacement + replacement);                    // overlong
    CHECK(error_text("\xED\xA0\x80") == replacement + replacement + replacement);  // surrogate
    CHECK(error_text("\xE0\x80\x80").size() == 3 * replacement.size());            // overlong
    CHECK(error_text("\xF4\x90\x80\x80").size() == 4 * replacement.size());        // above U+10FFFF
    CHECK(error_text("\xF0\x80\x80\x80").size() == 4 * replacement.size());        // overlong
}

TEST_CASE("Errors: any two bytes make a body that parses") {
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            const std::string text{static_cast<char>(first), static_cast<char>(second)};
            REQUIRE(nlohmann::json::accept(error_body(text, "7")));
        }
    }
}

TEST_CASE("Errors: a request id is 16 lower-case hex digits") {
    CHECK(request_id_text(0) == "0000000000000000");
    CHECK(request_id_text(0x0123456789ABCDEFULL) == "0123456789abcdef");
    CHECK(request_id_text(~0ULL) == "ffffffffffffffff");
}

TEST_CASE("Errors: reason phrases are those of the RFC, and a status without one is Unknown") {
    CHECK(reason_phrase(200) == "OK");
    CHECK(reason_phrase(204) == "No Content");
    CHECK(reason_phrase(413) == "Content Too Large");
    CHECK(reason_phrase(505) == "HTTP Version Not Supported");
    CHECK(reason_phrase(299) == "Unknown");
    CHECK(reason_phrase(-1) == "Unknown");
    for (int code = 1; code < kCodes - 1; ++code) {
        CHECK(reason_phrase(error_info(static_cast<ErrorCode>(code)).status) != "Unknown");
    }
}
