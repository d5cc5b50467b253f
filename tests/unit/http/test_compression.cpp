#include <filesystem>
#include <future>
#include <string>

#include "coding_fixture.hpp"
#include <doctest/doctest.h>

using namespace typhon;
using namespace typhon::test;
namespace fs = std::filesystem;

TEST_CASE_FIXTURE(CodingFixture,
                  "Compression: native answers, small at once and large on the pool") {
    start();
    for (const auto& [path, size] : {std::pair{"/medium", 4000U}, std::pair{"/large", 200'000U}}) {
        for (const std::string& fields : {kBr, kGzip}) {
            const Answer answer = get(path, fields);
            CHECK(fields.find(answer.header("content-encoding")) != std::string::npos);
            CHECK(answer.header("vary") == "Accept-Encoding");
            CHECK(answer.body.size() < size / 2);
            CHECK(decoded(answer) == text_of(size));
        }
        const Answer plain = get(path);
        CHECK(plain.headers.count("content-encoding") == 0);
        CHECK(plain.header("vary") == "Accept-Encoding");
        CHECK(plain.body == text_of(size));
    }
}

TEST_CASE_FIXTURE(
    CodingFixture,
    "Compression: what is too small, too large, or of another type is sent as it is") {
    router.add("GET", "/image", [](const Request&, Response& response) {
        response.set_content(text_of(5000), "image/png");
    });
    start();
    for (const char* path : {"/small", "/huge", "/image", "/native/hello"}) {
        CAPTURE(path);
        const Answer answer = get(path, kBr);
        CHECK(answer.headers.count("content-encoding") == 0);
        CHECK(answer.headers.count("vary") == 0);
    }
}

TEST_CASE_FIXTURE(CodingFixture,
                  "Compression: what a handler has coded, or forbids to change, stays") {
    const auto add_with = [this](const std::string& path, const char* name, const char* value) {
        router.add("GET", path, [name, value](const Request&, Response& response) {
            response.set_content(text_of(5000), "text/plain");
            response.set_header(name, value);
        });
    };
    add_with("/coded", "Content-Encoding", "zstd");
    add_with("/part", "Content-Range", "bytes 0-4999/9999");
    add_with("/exact", "Cache-Control", "no-transform");
    start();
    CHECK(get("/coded", kBr).header("content-encoding") == "zstd");
    for (const char* path : {"/coded", "/part", "/exact"}) {
        CHECK(get(path, kBr).body == text_of(5000));
    }
}

TEST_CASE_FIXTURE(CodingFixture, "Compression: the ETag of a handler becomes weak") {
    router.add("GET", "/tagged", [](const Request&, Response& response) {
        response.set_content(text_of(5000), "text/plain");
        response.set_header("ETag", "\"v1\"");
    });
    set_python("etag", "\"v2\"");
    start();
    CHECK(get("/tagged", kBr).header("etag") == "W/\"v1\"");
    CHECK(get("/tagged").header("etag") == "\"v1\"");
    CHECK(get("/python/x", kBr).header("etag") == "W/\"v2\"");
    CHECK(get("/python/x").header("etag") == "\"v2\"");
}

TEST_CASE_FIXTURE(CodingFixture, "Compression: answers of Python handlers") {
    start();
    for (const std::size_t size : {4000U, 100'000U}) {
        python_body = text_of(size);
        for (const std::string& fields : {kBr, kGzip}) {
            const Answer answer = get("/python/x", fields);
            CHECK(fields.find(answer.header("content-encoding")) != std::string::npos);
            CHECK(answer.header("vary") == "Accept-Encoding");
            CHECK(decoded(answer) == text_of(size));
        }
    }
    set_python("Content-Encoding", "gzip");
    CHECK(get("/python/x", kBr).header("content-encoding") == "gzip");
    CHECK(get("/python/x", kBr).body == python_body);
}

TEST_CASE_FIXTURE(CodingFixture,
                  "Compression: HEAD is the head of GET, without the length that only GET knows") {
    dir.write("page.html", text_of(5000));
    start();
    for (const char* path : {"/medium", "/large", "/python/x", "/files/page.html"}) {
        CAPTURE(path);
        Answer got = get(path, kBr);
        Answer asked = head(path, kBr);
        CHECK(got.headers.erase("content-length") == 1);
        got.headers.erase("date");
        asked.headers.erase("date");
        CHECK(asked.headers == got.headers);
    }
}

TEST_CASE_FIXTURE(CodingFixture, "Compression: files, but not their parts") {
    dir.write("page.html", text_of(50'000));
    dir.write("image.png", text_of(50'000));
    start();
    const Answer coded = get("/files/page.html", kGzip);
    CHECK(coded.header("content-encoding") == "gzip");
    CHECK(coded.header("vary") == "Accept-Encoding");
    CHECK(coded.header("etag").starts_with("W/\""));
    CHECK(decoded(coded) == text_of(50'000));
    const Answer known =
        get("/files/page.html", kGzip + "If-None-Match: " + coded.header("etag") + "\r\n");
    CHECK(known.status == 304);
    CHECK(known.header("vary") == "Accept-Encoding");
    CHECK(known.headers.count("content-encoding") == 0);
    const Answer part = get("/files/page.html", kGzip + "Range: bytes=0-9\r\n");
    CHECK(part.status == 206);
    CHECK(part.body == text_of(10));
    CHECK(part.headers.count("content-encoding") == 0);
    CHECK(part.header("etag").starts_with('"'));
    CHECK(get("/files/image.png", kGzip).body == text_of(50'000));
}

TEST_CASE_FIXTURE(
    CodingFixture,
    "Compression: a sibling that was compressed before is taken when it is not older") {
    dir.write("app.js", text_of(50'000));
    dir.write("app.js.gz", "not really gzip");
    dir.write("app.js.br", "not really br");
    start();
    const Answer br = get("/files/app.js", "Accept-Encoding: gzip, br\r\n");
    CHECK(br.body == "not really br");
    CHECK(br.header("content-encoding") == "br");
    CHECK(br.header("content-type") == "text/javascript; charset=utf-8");
    CHECK(br.header("etag").ends_with("-br\""));
    CHECK(get("/files/app.js", kGzip).body == "not really gzip");
    CHECK(get("/files/app.js").body == text_of(50'000));
    CHECK(head("/files/app.js", kGzip).header("content-length") == "15");
    const auto now = fs::last_write_time(dir.file("app.js"));
    fs::last_write_time(dir.file("app.js.br"), now - std::chrono::seconds(1));
    CHECK(get("/files/app.js", "Accept-Encoding: gzip, br\r\n").body == "not really gzip");
    CHECK(decoded(get("/files/app.js", kBr)) == text_of(50'000));
}

TEST_CASE_FIXTURE(CodingFixture,
                  "Compression: errors, redirects and empty answers have no coding") {
    router.add("GET", "/none", [](const Request&, Response& response) { response.status = 204; });
    router.add("GET", "/split", [](const Request&, Response& response) {
        response.set_content(text_of(5000), "text/plain");
        response.set_header("X-Bad", "a\r\nb");
    });
    start();
    for (const char* path : {"/nowhere", "/none", "/split", "/files/nowhere"}) {
        CAPTURE(path);
        const Answer answer = get(path, kBr);
        CHECK(answer.headers.count("content-encoding") == 0);
        CHECK(answer.headers.count("vary") == 0);
    }
    CHECK(get("/split", kBr).status == 500);
}

TEST_CASE_FIXTURE(CodingFixture, "Compression: when the pool is full the answer is sent as it is") {
    options.coding_threads = 1;
    options.coding_queue = 0;
    start();
    std::promise<void> release;
    REQUIRE(coding->submit([&release] { release.get_future().wait(); }));
    CHECK(get("/large", kBr).headers.count("content-encoding") == 0);
    CHECK(get("/large", kBr).body == text_of(200'000));
    CHECK(get("/medium", kBr).header("content-encoding") == "br");
    release.set_value();
    CHECK(eventually([&] { return get("/large", kBr).header("content-encoding") == "br"; }));
}

TEST_CASE_FIXTURE(CodingFixture, "Compression: handlers that block keep no answer from it") {
    options.blocking_threads = 1;
    std::promise<void> release;
    router.add(
        "GET",
        "/wait",
        [done = release.get_future().share()](const Request&, Response&) { done.wait(); },
        Mode::blocking);
    start();
    Client waiting = connect();
    waiting.send(get_request("/wait"));
    CHECK(get("/large", kBr).header("content-encoding") == "br");
    release.set_value();
    CHECK(waiting.read().status == 200);
}

TEST_CASE_FIXTURE(CodingFixture,
                  "Compression: pipelined requests are answered in order, each by its own head") {
    start();
    Client client = connect();
    client.send(get_request("/large", kBr) + get_request("/large") + get_request("/medium", kGzip) +
                get_request("/native/hello", kBr));
    CHECK(client.read().header("content-encoding") == "br");
    CHECK(client.read().headers.count("content-encoding") == 0);
    CHECK(client.read().header("content-encoding") == "gzip");
    CHECK(client.read().headers.count("vary") == 0);
}

TEST_CASE_FIXTURE(ServerFixture, "Compression: it is off unless it is asked for") {
    router.add("GET", "/large", [](const Request&, Response& response) {
        response.set_content(text_of(5000), "text/plain");
    });
    start();
    Client client = connect();
    client.send(get_request("/large", kBr));
    const Answer answer = client.read();
    CHECK(answer.headers.count("content-encoding") == 0);
    CHECK(answer.headers.count("vary") == 0);
}
