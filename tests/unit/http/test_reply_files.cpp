#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "server_fixture.hpp"
#include "tests/unit/supervisor/fixture.hpp"
#include <doctest/doctest.h>

#include "gateway/http/reply_file.hpp"
#include "proto/codec.hpp"

using namespace typhon;
using namespace typhon::test;
namespace fs = std::filesystem;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string block_of(const Fields& fields) {
    std::string block;
    proto::HeaderBlockWriter writer(block, fields.size());
    for (const auto& [name, value] : fields) {
        writer.add(name, value);
    }
    return block;
}

class ReplyFileFixture : public ServerFixture {
public:
    ReplyFileFixture() {
        fs::create_directories(dir.file("root"));
        dir.write("secret.txt", "secret");
        dir.write("root/report.txt", "a report");
        dir.write("root/large.bin", std::string(100'000, 'x'));
        fs::create_symlink("../secret.txt", dir.file("root/link.txt"));
        options.file_roots = {dir.file("root")};
        port.outcome = [this](relay::Call& call) {
            call.reply.status = status;
            call.reply.content_type = type;
            call.reply.headers = headers;
        };
    }

    Answer get(const std::string& path, const std::string& fields = "", Fields more = {}) {
        more.emplace_back(":file", path);
        headers = block_of(more);
        Client client = connect();
        client.send(get_request("/python/x", fields));
        return client.read();
    }
    std::string file(const std::string& name) { return dir.file("root/" + name); }

    test::TempDir dir;
    std::string headers;
    std::string type;
    std::uint16_t status = 200;
};

}  // namespace

TEST_CASE("ReplyFile: what a reply says of a file") {
    const auto file = http::named_file(block_of(
        {{"X-Mine", "1"}, {":file", "/srv/a"}, {"ETag", "\"x\""}, {"last-modified", "y"}}));
    REQUIRE(file.has_value());
    CHECK(file->path == "/srv/a");
    CHECK(file->fields == block_of({{"X-Mine", "1"}}));
    CHECK_FALSE(http::named_file(block_of({{"X-Mine", "1"}})).has_value());
    CHECK_FALSE(http::named_file(block_of({{":file", ""}})).has_value());
    CHECK_FALSE(http::named_file("\xff").has_value());
    CHECK_FALSE(http::named_file("").has_value());
}

TEST_CASE("ReplyFile: only what begins with a root lies in it") {
    const std::vector<std::string> roots{"/srv/app", "/data"};
    const auto place = [&roots](std::string_view path) {
        const auto found = http::rooted_path(roots, path);
        return found ? found->root + " " + found->path : "none";
    };
    CHECK(place("/srv/app/files/x") == "/srv/app files/x");
    CHECK(place("/data/x") == "/data x");
    for (const char* path :
         {"/srv/application/x", "/srv/app", "/srv/app/", "/etc/passwd", "x", ""}) {
        CAPTURE(path);
        CHECK(place(path) == "none");
    }
    CHECK(place(std::string_view("/data/x\0y", 9)) == "none");
    CHECK(http::rooted_path({"/"}, "/etc/x")->path == "etc/x");
}

TEST_CASE_FIXTURE(ReplyFileFixture,
                  "ReplyFile: it is sent with the handler's fields and the file's") {
    start();
    const Answer answer =
        get(file("report.txt"), "", {{"Content-Disposition", "attachment"}, {"ETag", "\"own\""}});
    CHECK(answer.status == 200);
    CHECK(answer.body == "a report");
    CHECK(answer.header("content-type") == "text/plain; charset=utf-8");
    CHECK(answer.header("content-disposition") == "attachment");
    CHECK(answer.header("etag") != "\"own\"");
    CHECK(get(file("large.bin")).body.size() == 100'000);
    type = "application/x-own";
    CHECK(get(file("report.txt")).header("content-type") == "application/x-own");
}

TEST_CASE_FIXTURE(ReplyFileFixture, "ReplyFile: conditions and ranges of the request count") {
    start();
    const std::string tag = get(file("report.txt")).header("etag");
    CHECK(get(file("report.txt"), "If-None-Match: " + tag + "\r\n").status == 304);
    const Answer part = get(file("report.txt"), "Range: bytes=2-\r\n");
    CHECK(part.status == 206);
    CHECK(part.body == "report");
    CHECK(get(file("report.txt"), "Range: bytes=9-\r\n").status == 416);
    status = 404;  // a page for what is not there
    const Answer page = get(file("report.txt"), "Range: bytes=2-\r\n");
    CHECK(page.status == 404);
    CHECK(page.body == "a report");
}

TEST_CASE_FIXTURE(ReplyFileFixture, "ReplyFile: conditions are for GET and HEAD") {
    start();
    headers = block_of({{":file", file("report.txt")}});
    Client client = connect();
    client.send(post_request("/python/x", "", "If-None-Match: *\r\nRange: bytes=2-\r\n"));
    const Answer answer = client.read();
    CHECK(answer.status == 200);
    CHECK(answer.body == "a report");
}

TEST_CASE_FIXTURE(ReplyFileFixture, "ReplyFile: nothing outside the roots is sent") {
    start();
    for (const std::string& path : {dir.file("secret.txt"),
                                    file("../secret.txt"),
                                    file("link.txt"),
                                    std::string("/etc/passwd"),
                                    std::string("report.txt")}) {
        CAPTURE(path);
        const Answer answer = get(path);
        CHECK((answer.status == 404 || answer.status == 500));
        CHECK(answer.body.find("secret") == std::string::npos);
    }
    CHECK(get(file("nowhere")).status == 404);
}

TEST_CASE_FIXTURE(ReplyFileFixture, "ReplyFile: a field that could split the answer is a 502") {
    start();
    CHECK(get(file("report.txt"), "", {{"X-Bad", "a\r\nb"}}).status == 502);
    CHECK(get(file("large.bin"), "", {{"X Bad", "a"}}).status == 502);
    type = "text/plain\r\nX-Evil: 1";
    CHECK(get(file("report.txt")).status == 502);
}
