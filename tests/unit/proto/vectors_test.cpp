// The golden vectors of proto/vectors against the codec: every frame decodes to what is written
// beside it.
#include <fstream>
#include <string>

#include "samples.hpp"
#include "tests/unit/hex.hpp"
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "proto/codec.hpp"

using namespace typhon::proto;
using nlohmann::json;
using typhon::test::from_hex;

namespace {

json load(const std::string& name) {
    std::ifstream file(std::string(TYPHON_VECTORS) + "/" + name);
    REQUIRE_MESSAGE(file, name);
    return json::parse(file);
}

std::string to_hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (const char character : bytes) {
        const auto byte = static_cast<unsigned char>(character);
        hex += {kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
    return hex;
}

json to_json(const Request& request) {
    return {{"kind", "REQUEST"},
            {"id", request.id},
            {"slot", request.slot},
            {"left_ms", request.left_ms},
            {"method", request.method},
            {"path", to_hex(request.path)},
            {"query", to_hex(request.query)},
            {"client", request.client},
            {"headers", to_hex(request.headers)},
            {"body", to_hex(request.body)}};
}

json to_json(const Reply& reply) {
    return {{"kind", reply.more ? "BEGIN" : "REPLY"},
            {"id", reply.id},
            {"slot", reply.slot},
            {"status", reply.status},
            {"run_us", reply.run_us},
            {"content_type", reply.content_type},
            {"headers", to_hex(reply.headers)},
            {"body", to_hex(reply.body)}};
}

json to_json(const Chunk& chunk) {
    return {
        {"kind", "CHUNK"}, {"id", chunk.id}, {"slot", chunk.slot}, {"bytes", to_hex(chunk.bytes)}};
}

json to_json(const End& end) {
    return {{"kind", "END"},
            {"id", end.id},
            {"slot", end.slot},
            {"run_us", end.run_us},
            {"whole", end.whole ? 1 : 0}};
}

json to_json(const Credit& credit) {
    return {{"kind", "CREDIT"}, {"id", credit.id}, {"bytes", credit.bytes}};
}

json to_json(const Ready& ready) {
    json routes = json::array();
    for (const RouteInfo& route : ready.routes) {
        routes.push_back({{"methods", route.methods},
                          {"pattern", route.pattern},
                          {"name", route.name},
                          {"mode", static_cast<int>(route.mode)},
                          {"timeout_ms", route.timeout_ms},
                          {"max_in_flight", route.max_in_flight},
                          {"stream_body", route.stream_body ? 1 : 0},
                          {"max_body", route.max_body}});
    }
    return {{"kind", "READY"},
            {"version", ready.version},
            {"token", ready.token},
            {"pid", ready.pid},
            {"python", ready.python},
            {"interpreter", ready.interpreter},
            {"threads", ready.threads},
            {"async_capacity", ready.async_capacity},
            {"pool_workers", ready.pool_workers},
            {"start_ms", ready.start_ms},
            {"pool_pids", ready.pool_pids},
            {"routes", routes}};
}

json to_json(const Pong& pong) {
    return {{"kind", "PONG"},
            {"nonce", pong.nonce},
            {"busy", pong.busy},
            {"threads", pong.threads},
            {"queued", pong.queued},
            {"async_running", pong.async_running},
            {"oldest_ms", pong.oldest_ms},
            {"gil_age_ms", pong.gil_age_ms},
            {"served", pong.served},
            {"pool_pids", pong.pool_pids},
            {"leaving", pong.leaving ? 1 : 0}};
}

json to_json(const Recall& recall) {
    return {{"kind", "RECALL"}, {"id", recall.id}};
}

json to_json(const Cancel& cancel) {
    return {{"kind", "CANCEL"}, {"id", cancel.id}};
}
json to_json(const Ping& ping) {
    return {{"kind", "PING"}, {"nonce", ping.nonce}};
}
json to_json(const Drain& drain) {
    return {{"kind", "DRAIN"}, {"left_ms", drain.left_ms}};
}
json to_json(const Bye& bye) {
    return {{"kind", "BYE"}, {"served", bye.served}};
}
json to_json(const StartError& error) {
    return {{"kind", "ERROR"}, {"stage", error.stage}, {"text", error.text}};
}

}  // namespace

TEST_CASE("Vectors: every valid frame decodes to its envelopes") {
    const json vectors = load("frames.json");
    CHECK(vectors.size() >= 30);
    for (const json& vector : vectors) {
        INFO(vector.at("name"));
        const std::string frame = from_hex(vector.at("hex"));
        const samples::Result result = samples::read(frame);
        CHECK(result.fault == "");
        json envelopes = json::array();
        for (const Envelope& envelope : result.envelopes) {
            envelopes.push_back(
                std::visit([](const auto& body) { return to_json(body); }, envelope));
        }
        CHECK(envelopes == vector.at("envelopes"));
    }
}

TEST_CASE("Vectors: the envelopes of every canonical frame encode to the same bytes") {
    for (const json& vector : load("frames.json")) {
        INFO(vector.at("name"));
        const std::string frame = from_hex(vector.at("hex"));
        std::string again;
        for (const Envelope& envelope : samples::read(frame).envelopes) {
            std::visit([&again](const auto& body) { encode(body, again); }, envelope);
        }
        CHECK((to_hex(again) == vector.at("hex").get<std::string>()) ==
              vector.at("canonical").get<bool>());
    }
}

TEST_CASE("Vectors: every invalid frame is refused where it breaks") {
    const json vectors = load("invalid_frames.json");
    CHECK(vectors.size() >= 47);
    for (const json& vector : vectors) {
        INFO(vector.at("name"));
        const std::string frame = from_hex(vector.at("hex"));
        const samples::Result result = samples::read(frame);
        CHECK(result.fault != "");
        CHECK(result.envelopes.size() == vector.at("envelopes_before"));
    }
}

TEST_CASE("Vectors: every header block gives its fields or is refused") {
    const json vectors = load("header_blocks.json");
    CHECK(vectors.size() >= 18);
    for (const json& vector : vectors) {
        INFO(vector.at("name"));
        const std::string block = from_hex(vector.at("hex"));
        HeaderBlockReader reader(block);
        json fields = json::array();
        std::string_view name;
        std::string_view value;
        while (reader.next(name, value)) {
            fields.push_back({to_hex(name), to_hex(value)});
        }
        CHECK(reader.failed() == vector.contains("malformed"));
        CHECK((reader.failed() || fields == vector.at("fields")));
    }
}
