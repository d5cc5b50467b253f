#include <doctest/doctest.h>

#include "gateway/http/media_type.hpp"

using namespace typhon::http;

TEST_CASE("MediaType: by the ending of the name, whatever its case") {
    CHECK(media_type("index.html") == "text/html; charset=utf-8");
    CHECK(media_type("css/site.CSS") == "text/css; charset=utf-8");
    CHECK(media_type("app.js") == "text/javascript; charset=utf-8");
    CHECK(media_type("data.json") == "application/json");
    CHECK(media_type("logo.min.svg") == "image/svg+xml");
    CHECK(media_type("app.webmanifest") == "application/manifest+json");
    CHECK(media_type("a.wasm") == "application/wasm");
    CHECK(media_type("backup.tar.gz") == "application/gzip");
    CHECK(media_type("x.7z") == "application/x-7z-compressed");
    CHECK(media_type("x.zst") == "application/zstd");
}

TEST_CASE("MediaType: what is not known is a sequence of bytes") {
    CHECK(media_type("README") == kUnknownMediaType);
    CHECK(media_type("") == kUnknownMediaType);
    CHECK(media_type("name.") == kUnknownMediaType);
    CHECK(media_type("a.unknown") == kUnknownMediaType);
    CHECK(media_type("a.averyveryverylongending") == kUnknownMediaType);
    CHECK(media_type("a.htmlx") == kUnknownMediaType);
}
