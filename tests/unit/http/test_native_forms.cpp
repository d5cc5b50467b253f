// Forms that native handlers get: how large they may be, and that nothing of them stays.
#include <atomic>
#include <string>

#include "server_fixture.hpp"
#include <doctest/doctest.h>

using namespace typhon;
using namespace typhon::test;

namespace {

constexpr const char* kUrlencoded = "Content-Type: application/x-www-form-urlencoded\r\n";
constexpr const char* kMultipart = "Content-Type: multipart/form-data; boundary=B\r\n";

/// POST /form and /slow-form answer with the numbers of fields and files.
class FormFixture : public ServerFixture {
public:
    FormFixture() {
        const auto count = [this](const Request& request, Response& response) {
            ++calls;
            response.set_content(
                std::to_string(request.params.size()) + " " + std::to_string(request.files.size()),
                "text/plain");
        };
        router.add("POST", "/form", count);
        router.add("POST", "/slow-form", count, Mode::blocking);
    }

    std::atomic<int> calls = 0;
};

std::string fields(int count) {
    std::string body;
    for (int number = 0; number < count; ++number) {
        body += number % 2 == 0 ? "a&" : "b=1&&";
    }
    return body;
}

std::string parts(int count) {
    std::string body;
    for (int number = 0; number < count; ++number) {
        body += "--B\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n";
    }
    return body + "--B--";
}

}  // namespace

TEST_CASE_FIXTURE(FormFixture, "Forms: 1000 fields or parts reach a native handler") {
    start();
    Client client = connect();
    for (const char* path : {"/form?q=1", "/slow-form?q=1"}) {
        CAPTURE(path);
        client.send(post_request(path, fields(1000), kUrlencoded));
        CHECK(client.read().body == "1001 0");
        client.send(post_request(path, parts(1000), kMultipart));
        CHECK(client.read().body == "1 1000");
    }
}

TEST_CASE_FIXTURE(FormFixture, "Forms: more are 413, no handler is called, the connection stays") {
    start();
    Client client = connect();
    for (const char* path : {"/form", "/slow-form"}) {
        CAPTURE(path);
        client.send(post_request(path, fields(1001), kUrlencoded));
        const Answer fields_refused = client.read();
        CHECK(fields_refused.status == 413);
        CHECK(fields_refused.body.find("more than 1000 fields") != std::string::npos);
        client.send(post_request(path, parts(1001), kMultipart));
        const Answer parts_refused = client.read();
        CHECK(parts_refused.status == 413);
        CHECK(parts_refused.body.find("more than 1000 parts") != std::string::npos);
    }
    CHECK(calls == 0);
    client.send(post_request("/form", fields(1), kUrlencoded));
    CHECK(client.read().body == "1 0");
}

TEST_CASE_FIXTURE(ServerFixture, "Forms: nothing of a large one is held after its handler") {
    const Request* reused = nullptr;
    router.add("POST", "/keep", [&reused](const Request& request, Response& response) {
        reused = &request;
        response.set_content(std::to_string(request.params.size()), "text/plain");
    });
    start();
    Client client = connect();
    client.send(post_request("/keep", "a=" + std::string(1'000'000, 'x') + "&b", kUrlencoded));
    CHECK(client.read().body == "2");
    std::size_t held = 0;
    on_loop([&] { held = reused->params.size() + reused->body.capacity(); });
    CHECK(held <= 64U << 10);
}
