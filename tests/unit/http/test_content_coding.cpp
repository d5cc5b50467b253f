#include <array>
#include <string>

#include <doctest/doctest.h>

#include "gateway/http/compress.hpp"
#include "gateway/http/content_coding.hpp"

using namespace typhon::http;

namespace {

constexpr auto kNone = Coding::identity;
constexpr auto kGzip = Coding::gzip;
constexpr auto kBr = Coding::br;

}  // namespace

TEST_CASE("ContentCoding: what Accept-Encoding accepts (RFC 9110 section 12.5.3)") {
    struct Row {
        const char* value;
        std::array<Coding, 2> best;
        bool refuses_identity = false;
    };
    for (const Row& row : {
             Row{"", {kNone, kNone}},
             Row{"gzip", {kGzip, kNone}},
             Row{"br", {kBr, kNone}},
             Row{"GZip", {kGzip, kNone}},
             Row{"x-gzip", {kGzip, kNone}},
             Row{"gzip, deflate, br, zstd", {kBr, kGzip}},
             Row{"deflate", {kNone, kNone}},
             // weights
             Row{"br;q=0.5, gzip", {kGzip, kBr}},
             Row{"br;q=0.5,gzip;q=0.5", {kBr, kGzip}},
             Row{"gzip;q=0.001", {kGzip, kNone}},
             Row{"gzip ; Q=0.5", {kGzip, kNone}},
             Row{"gzip;q=0", {kNone, kNone}},
             Row{"gzip;q=0.000, br", {kBr, kNone}},
             Row{"br;q=1.000, gzip;q=0.999", {kBr, kGzip}},
             // identity
             Row{"identity", {kNone, kNone}},
             Row{"identity, gzip;q=0.5", {kNone, kNone}},
             Row{"identity;q=0.5, gzip;q=0.5", {kGzip, kNone}},
             Row{"identity;q=0.5, gzip;q=0.4, br", {kBr, kNone}},
             Row{"identity;q=0", {kNone, kNone}, true},
             Row{"gzip, identity;q=0", {kGzip, kNone}, true},
             // the rest
             Row{"*", {kBr, kGzip}},
             Row{"*;q=0", {kNone, kNone}, true},
             Row{"*;q=0, identity;q=1", {kNone, kNone}},
             Row{"gzip, *;q=0", {kGzip, kNone}, true},
             Row{"br;q=0, *", {kGzip, kNone}},
             // what is not valid counts for nothing
             Row{"gzip;q=2", {kNone, kNone}},
             Row{"gzip;q=1.001", {kNone, kNone}},
             Row{"gzip;q=0.1234", {kNone, kNone}},
             Row{"gzip;q=", {kNone, kNone}},
             Row{"gzip;q=-1", {kNone, kNone}},
             Row{"gzip;q=0,5", {kNone, kNone}},
             Row{"gzip;level=5", {kNone, kNone}},
             Row{"gzip;q=x, br", {kBr, kNone}},
             Row{",, ,gzip,,", {kGzip, kNone}},
         }) {
        CAPTURE(row.value);
        const AcceptedCodings accepted = read_accept_encoding(row.value);
        CHECK(accepted.best == row.best);
        CHECK(accepted.refuses_identity == row.refuses_identity);
    }
}

TEST_CASE("ContentCoding: what becomes smaller") {
    for (const char* type : {"text/html; charset=utf-8",
                             "TEXT/PLAIN",
                             "application/json",
                             "application/problem+json;x=y",
                             "image/svg+xml",
                             "application/wasm",
                             "application/yaml"}) {
        CAPTURE(type);
        CHECK(is_compressible(type));
    }
    for (const char* type : {"",
                             "image/png",
                             "application/octet-stream",
                             "application/zip",
                             "video/mp4",
                             "font/woff2",
                             "text/event-stream",
                             "multipart/byteranges; boundary=text/html",
                             "application/jsonx"}) {
        CAPTURE(type);
        CHECK_FALSE(is_compressible(type));
    }
}

TEST_CASE("ContentCoding: fields of a handler that leave its body as it is") {
    CHECK(binds_coding("Content-Encoding", "gzip"));
    CHECK(binds_coding("CONTENT-RANGE", "bytes 0-1/2"));
    CHECK(binds_coding("Cache-Control", "public, No-Transform"));
    CHECK_FALSE(binds_coding("Cache-Control", "public"));
    CHECK_FALSE(binds_coding("Cache-Control", "x-no-transform"));
    CHECK_FALSE(binds_coding("Vary", "Accept-Encoding"));
}

TEST_CASE("ContentCoding: which answers get a coding, and which vary") {
    const AcceptedCodings gzip = read_accept_encoding("gzip");
    const auto plan = [](const CodingFacts& facts, const AcceptedCodings& accepted) {
        const CodingPlan made = plan_coding(facts, accepted, 1024);
        return std::string(coding_name(made.coding)) + (made.varies ? " varies" : "");
    };
    const CodingFacts large{.content_type = "text/html", .size = 5000};
    CHECK(plan(large, gzip) == "gzip varies");
    CHECK(plan(large, {}) == " varies");
    CHECK(plan({.content_type = "text/html", .size = 1024}, gzip) == "gzip varies");
    CHECK(plan({.content_type = "text/html", .size = 1023}, gzip).empty());
    CHECK(plan({.content_type = "image/png", .size = 5000}, gzip).empty());
    CHECK(plan({.content_type = "text/html", .size = kMaxCompressed + 1}, gzip).empty());
    CHECK(plan({.content_type = "text/html", .size = 5000, .is_bound = true}, gzip).empty());
    CHECK(plan({.status = 404, .content_type = "text/html", .size = 5000}, gzip) == "gzip varies");
    for (const int status : {204, 205, 206, 304}) {
        CHECK(plan({.status = status, .content_type = "text/html", .size = 5000}, gzip).empty());
    }
    const AcceptedCodings only_gzip = read_accept_encoding("gzip, identity;q=0");
    CHECK(plan({.content_type = "image/png", .size = 10}, only_gzip) == "gzip varies");
    CHECK(plan(large, read_accept_encoding("*;q=0")) == " varies");
}

TEST_CASE("Compress: what does not become smaller is left alone") {
    const std::string text(10'000, 'x');
    for (const Coding coding : {kGzip, kBr}) {
        CHECK(compress(coding, text).size() < 200);
        CHECK(compress(coding, "").empty());
        CHECK(compress(coding, "x").empty());
        CHECK(compress(coding, "short and mixed 1234567890").empty());
        CHECK(compress(coding, std::string(kMaxCompressed + 1, 'x')).empty());
        CHECK(compress(coding, text) == compress(coding, text));
    }
}
