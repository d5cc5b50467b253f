#include <string>

#include "coding_fixture.hpp"
#include <doctest/doctest.h>

using namespace typhon;
using namespace typhon::test;

TEST_CASE_FIXTURE(CodingFixture, "Compression: streams of native handlers, piece by piece") {
    const auto provide = [](std::size_t offset, std::size_t, DataSink& sink) {
        if (offset >= 200'000) {
            sink.done();
            return true;
        }
        return sink.write(text_of(200'000).data() + offset, 5000);
    };
    router.add("GET", "/stream", [provide](const Request&, Response& response) {
        response.set_chunked_content_provider(
            "text/plain", [provide](auto offset, auto& sink) { return provide(offset, 0, sink); });
    });
    router.add("GET", "/short", [](const Request&, Response& response) {
        response.set_content_provider(
            50, "text/plain", [](std::size_t, std::size_t, DataSink& sink) {
                return sink.write(text_of(50).data(), 50);
            });
    });
    router.add("GET", "/sized", [provide](const Request&, Response& response) {
        response.set_content_provider(200'000, "text/plain", provide);
    });
    start();
    for (const char* path : {"/stream", "/sized"}) {
        for (const std::string& fields : {kBr, kGzip}) {
            CAPTURE(path);
            const Answer answer = get(path, fields);
            CHECK(answer.header("content-encoding") == (fields == kBr ? "br" : "gzip"));
            CHECK(answer.header("vary") == "Accept-Encoding");
            CHECK(answer.header("transfer-encoding") == "chunked");
            CHECK(answer.body.size() < 100'000);
            CHECK(decoded(answer) == text_of(200'000));
        }
        CHECK(get(path).body == text_of(200'000));
        CHECK(head(path, kBr).header("content-encoding") == "br");
    }
    CHECK(get("/short", kBr).header("content-length") == "50");
}
