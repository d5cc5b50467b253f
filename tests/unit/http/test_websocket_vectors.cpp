// The golden vectors of proto/vectors against the records of a WebSocket.
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

#include "tests/unit/hex.hpp"
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "gateway/http/websocket_records.hpp"

using namespace typhon::http;
using nlohmann::json;
using typhon::test::from_hex;

namespace {

void check_record(std::string_view& bytes, const json& expected) {
    bool bad = false;
    const auto record = take_record(bytes, bad);
    REQUIRE(record);
    CHECK(record->opcode == expected["opcode"].get<int>());
    CHECK(record->fin == expected["fin"].get<bool>());
    CHECK(record->payload == from_hex(expected["payload"]));
}

}  // namespace

TEST_CASE("WebSocket vectors: each record is taken and written as the vectors say") {
    std::ifstream file(std::string(TYPHON_VECTORS) + "/websocket_records.json");
    REQUIRE(file);
    for (const json& vector : json::parse(file)) {
        CAPTURE(vector["name"].get<std::string>());
        const std::string bytes = from_hex(vector["hex"]);
        std::string_view rest = bytes;
        std::string written;
        for (const json& expected : vector["records"]) {
            check_record(rest, expected);
            append_record({expected["opcode"].get<std::uint8_t>(),
                           expected["fin"].get<bool>(),
                           from_hex(expected["payload"])},
                          written);
        }
        CHECK(bytes.starts_with(written));
        CHECK(rest.empty() == (vector["rest"] == "whole"));
        bool bad = false;
        CHECK_FALSE(take_record(rest, bad));
        CHECK(bad == (vector["rest"] == "bad"));
    }
}
