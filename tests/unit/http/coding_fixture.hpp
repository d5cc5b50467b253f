#pragma once

#include <string>

#include "coded.hpp"
#include "server_fixture.hpp"
#include "tests/unit/supervisor/fixture.hpp"
#include <doctest/doctest.h>

#include "proto/codec.hpp"

namespace typhon::test {

/// The body of an answer without its content coding, which must be whole.
inline std::string decoded(const Answer& answer) {
    const Decoded result = decode(answer.header("content-encoding"), answer.body);
    CHECK(result.ended);
    return result.bytes;
}

inline const std::string kBr = "Accept-Encoding: br\r\n";
inline const std::string kGzip = "Accept-Encoding: gzip\r\n";

/// A server that compresses, with routes whose bodies have the sizes that decide whether it does.
class CodingFixture : public ServerFixture {
public:
    CodingFixture() {
        options.compress = true;
        options.statics = {{{"files"}, dir.path()}};
        add("/small", 1023);
        add("/medium", 4000);
        add("/large", 200'000);
        add("/huge", 9U << 20);
        port.outcome = [this](relay::Call& call) {
            call.reply.status = 200;
            call.reply.content_type = python_type;
            call.reply.headers = python_headers;
            call.reply.body = python_body;
        };
    }

    ~CodingFixture() { stop(); }
    CodingFixture(const CodingFixture&) = delete;
    CodingFixture& operator=(const CodingFixture&) = delete;
    CodingFixture(CodingFixture&&) = delete;
    CodingFixture& operator=(CodingFixture&&) = delete;

    void add(const std::string& path, std::size_t size) {
        router.add("GET", path, [text = text_of(size)](const Request&, Response& response) {
            response.set_content(text, "text/plain");
        });
    }

    Answer get(const std::string& path, const std::string& fields = "") {
        Client client = connect();
        client.send(get_request(path, fields));
        return client.read();
    }
    Answer head(const std::string& path, const std::string& fields) {
        Client client = connect();
        client.send("HEAD " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
        return client.read(true);
    }
    void set_python(const std::string& name, const std::string& value) {
        python_headers.clear();
        proto::HeaderBlockWriter writer(python_headers, 1);
        writer.add(name, value);
    }

    test::TempDir dir;
    std::string python_type = "application/json";
    std::string python_headers;
    std::string python_body = text_of(100'000);
};

}  // namespace typhon::test
