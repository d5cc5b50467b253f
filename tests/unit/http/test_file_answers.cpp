#include <filesystem>
#include <string>

#include "file_fixture.hpp"
#include <doctest/doctest.h>

using namespace typhon;
using namespace typhon::test;
namespace fs = std::filesystem;

TEST_CASE_FIXTURE(FileFixture, "Files: a small file and what is said of it") {
    start();
    const Answer answer = get("/assets/small.txt");
    CHECK(answer.status == 200);
    CHECK(answer.body == "hello");
    CHECK(answer.header("content-type") == "text/plain; charset=utf-8");
    CHECK(answer.header("x-content-type-options") == "nosniff");
    CHECK(answer.header("accept-ranges") == "bytes");
    CHECK(answer.header("etag").starts_with('"'));
    CHECK(answer.header("last-modified").ends_with(" GMT"));
    CHECK(get("/assets/empty.txt").body.empty());
}

TEST_CASE_FIXTURE(FileFixture, "Files: a large file arrives whole, by the kernel and by copy") {
    for (const bool sendfile : {true, false}) {
        CAPTURE(sendfile);
        ServerFixture front;
        front.options = options;
        front.options.sendfile = sendfile;
        front.start();
        Client client = front.connect();
        CHECK(client.get("/assets/large.bin").body == large);
        CHECK(client.get("/assets/small.txt").body == "hello");
        client.send(get_request("/assets/large.bin", "Range: bytes=100000-2999999\r\n"));
        CHECK(client.read().body == large.substr(100'000));
    }
}

TEST_CASE_FIXTURE(FileFixture, "Files: pipelined requests are answered in order") {
    start();
    Client client = connect();
    client.send(get_request("/assets/small.txt") + get_request("/assets/large.bin") +
                get_request("/native/hello") + get_request("/assets/small.txt"));
    CHECK(client.read().body == "hello");
    CHECK(client.read().body == large);
    CHECK(client.read().status == 200);
    CHECK(client.read().body == "hello");
}

TEST_CASE_FIXTURE(FileFixture, "Files: HEAD is GET without the body") {
    start();
    Client client = connect();
    for (const char* path : {"/assets/small.txt", "/assets/large.bin", "/assets/nowhere"}) {
        Answer get = client.get(path);
        client.send("HEAD " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n");
        Answer head = client.read(true);
        CHECK(head.status == get.status);
        get.headers.erase("date");
        head.headers.erase("date");
        CHECK(head.headers == get.headers);
    }
}

TEST_CASE_FIXTURE(FileFixture, "Files: one range, the end of a file, several ranges") {
    start();
    const Answer one = get("/assets/large.bin", "Range: bytes=10-19\r\n");
    CHECK(one.status == 206);
    CHECK(one.body == large.substr(10, 10));
    CHECK(one.header("content-range") == "bytes 10-19/3000000");
    const Answer end = get("/assets/large.bin", "Range: bytes=-5\r\n");
    CHECK(end.body == large.substr(kLarge - 5));
    const Answer two = get("/assets/large.bin", "Range: bytes=0-4,1000000-2500000\r\n");
    CHECK(two.status == 206);
    const std::string type = two.header("content-type");
    CHECK(type.starts_with("multipart/byteranges; boundary="));
    CHECK(two.headers.count("content-range") == 0);
    const std::string line = "--" + type.substr(type.find('=') + 1);
    const std::string part = "\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes ";
    CHECK(two.body == line + part + "0-4/3000000\r\n\r\n" + large.substr(0, 5) + "\r\n" + line +
                          part + "1000000-2500000/3000000\r\n\r\n" +
                          large.substr(1'000'000, 1'500'001) + "\r\n" + line + "--\r\n");
}

TEST_CASE_FIXTURE(FileFixture, "Files: a range that is not there is a 416 with the size") {
    start();
    Client client = connect();
    client.send(get_request("/assets/small.txt", "Range: bytes=5-\r\n"));
    const Answer answer = client.read();
    CHECK(answer.status == 416);
    CHECK(answer.header("content-range") == "bytes */5");
    CHECK(client.get("/assets/small.txt").status == 200);
}

TEST_CASE_FIXTURE(FileFixture, "Files: 304 has the validators and no body, 412 is an error") {
    start();
    const Answer first = get("/assets/small.txt");
    const std::string tag = first.header("etag");
    const Answer known = get("/assets/small.txt", "If-None-Match: " + tag + "\r\n");
    CHECK(known.status == 304);
    CHECK(known.header("etag") == tag);
    CHECK(known.header("last-modified") == first.header("last-modified"));
    CHECK(known.headers.count("content-length") == 0);
    CHECK(get("/assets/small.txt", "If-Match: \"other\"\r\n").status == 412);
    dir.write("small.txt", "other text");
    CHECK(get("/assets/small.txt", "If-None-Match: " + tag + "\r\n").body == "other text");
}

TEST_CASE_FIXTURE(FileFixture, "Files: conditions count only where the answer would be a success") {
    start();
    const std::string other = "If-Match: \"other\"\r\n";
    CHECK(get("/assets/missing.txt", other).status == 404);
    CHECK(get("/assets/sub", other).status == 301);
    Client client = connect();
    client.send("OPTIONS /assets/small.txt HTTP/1.1\r\nHost: a\r\n" + other + "\r\n");
    CHECK(client.read().status == 204);
}

TEST_CASE_FIXTURE(FileFixture, "Files: a date of change that is to come is not sent") {
    fs::last_write_time(dir.file("small.txt"),
                        fs::file_time_type::clock::now() + std::chrono::hours(48));
    start();
    const Answer answer = get("/assets/small.txt");
    CHECK(answer.header("last-modified") == answer.header("date"));
}

TEST_CASE_FIXTURE(FileFixture, "Files: a directory has its index file, behind a slash") {
    start();
    CHECK(get("/assets/").body == "<p>start");
    CHECK(get("/assets/sub/").header("content-type") == "text/html; charset=utf-8");
    const Answer moved = get("/assets/sub?a=1");
    CHECK(moved.status == 301);
    CHECK(moved.header("location") == "/assets/sub/?a=1");
    CHECK(get("/assets").header("location") == "/assets/");
    CHECK(get("/assets/bare").status == 404);
    CHECK(get("/assets/bare/").status == 404);
    CHECK(get("/assets/small.txt/").status == 404);
}

TEST_CASE_FIXTURE(FileFixture, "Files: a redirect cannot be split") {
    const std::string name = "a\r\nX-Evil: 1";
    fs::create_directories(dir.file(name));
    dir.write(name + "/index.html", "x");
    start();
    const Answer moved = get("/assets/a%0D%0AX-Evil:%201");
    CHECK(moved.status == 301);
    CHECK(moved.header("location") == "/assets/a%0D%0AX-Evil:%201/");
    CHECK(moved.headers.count("x-evil") == 0);
}

TEST_CASE_FIXTURE(FileFixture, "Files: other methods") {
    start();
    Client client = connect();
    client.send(post_request("/assets/small.txt", "x"));
    const Answer post = client.read();
    CHECK(post.status == 405);
    CHECK(post.header("allow") == "GET, HEAD, OPTIONS");
    client.send("OPTIONS /assets/x HTTP/1.1\r\nHost: a\r\n\r\n");
    const Answer asked = client.read();
    CHECK(asked.status == 204);
    CHECK(asked.header("allow") == "GET, HEAD, OPTIONS");
}

TEST_CASE_FIXTURE(FileFixture, "Files: the body of a GET is read and left alone") {
    start();
    Client client = connect();
    client.send("GET /assets/large.bin HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    client.send("hello" + get_request("/assets/small.txt"));
    CHECK(client.read().body == large);
    CHECK(client.read().body == "hello");
}

TEST_CASE_FIXTURE(FileFixture, "Files: native routes come first, a root comes last") {
    router.add("GET", "/assets/native", [](const Request&, Response& response) {
        response.set_content("native", "text/plain");
    });
    dir.write("native", "file");
    fs::create_directories(dir.file("python"));
    dir.write("python/x", "file");
    options.statics.push_back({{}, dir.path()});
    port.outcome = [](relay::Call& call) {
        call.reply.status = 200;
        call.reply.body = "python";
    };
    start();
    CHECK(get("/assets/native").body == "native");
    CHECK(get("/python/x").body == "python");
    CHECK(get("/-/healthy").body == R"({"status":"ok"})");
    CHECK(get("/small.txt").body == "hello");
    CHECK(get("/").body == "<p>start");
    CHECK(get("/-/else").status == 404);
}

TEST_CASE_FIXTURE(FileFixture, "Files: below /python a longer path wins") {
    options.statics.push_back({{"python", "files"}, dir.path()});
    port.outcome = [](relay::Call& call) {
        call.reply.status = 200;
        call.reply.body = "python";
    };
    start();
    CHECK(get("/python/files/small.txt").body == "hello");
    CHECK(get("/python/other").body == "python");
}

TEST_CASE_FIXTURE(FileFixture, "Files: HTTP/1.0 is served, and the connection ends") {
    start();
    Client client = connect();
    client.send("GET /assets/large.bin HTTP/1.0\r\n\r\n");
    CHECK(client.read().body == large);
    CHECK(client.ends_cleanly());
}
