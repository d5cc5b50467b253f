#include <filesystem>
#include <string>

#include "file_fixture.hpp"
#include <doctest/doctest.h>

using namespace typhon;
using namespace typhon::test;
namespace fs = std::filesystem;

TEST_CASE("Files: a client that does not read is closed in time, and its file too") {
    for (const bool sendfile : {true, false}) {
        CAPTURE(sendfile);
        FileFixture server;
        fs::resize_file(server.dir.file("large.bin"), 1U << 30);
        server.options.write_timeout = Milliseconds(200);
        server.options.sendfile = sendfile;
        server.start();
        const std::size_t before = open_descriptors();
        Client client = server.connect();
        client.shrink_window();
        client.send(get_request("/assets/large.bin"));
        CHECK(eventually([&] { return server.connections() == 1; }));
        CHECK(eventually([&] { return server.connections() == 0; }));
        CHECK(eventually([&] { return open_descriptors() == before + 1; }));
    }
}

TEST_CASE_FIXTURE(FileFixture, "Files: a file that becomes shorter ends the connection") {
    fs::resize_file(dir.file("large.bin"), 256U << 20);
    for (const bool sendfile : {true, false}) {
        CAPTURE(sendfile);
        fs::resize_file(dir.file("large.bin"), 256U << 20);
        ServerFixture front;
        front.options = options;
        front.options.sendfile = sendfile;
        front.start();
        Client client = front.connect();
        client.send(get_request("/assets/large.bin"));
        CHECK(eventually([&] { return front.connections() == 1; }));
        CHECK(client.read_head().status == 200);
        fs::resize_file(dir.file("large.bin"), 20'000);
        CHECK(client.take_all() < 256U << 20);
        CHECK(eventually([&] { return front.connections() == 0; }));
    }
}

TEST_CASE_FIXTURE(FileFixture, "Files: a client that leaves takes its file along") {
    fs::resize_file(dir.file("large.bin"), 1U << 30);
    start();
    const std::size_t before = open_descriptors();
    {
        Client client = connect();
        client.shrink_window();
        client.send(get_request("/assets/large.bin"));
        CHECK(client.read_head().status == 200);
        client.reset();
    }
    CHECK(eventually([&] { return connections() == 0; }));
    CHECK(eventually([&] { return open_descriptors() == before; }));
}

TEST_CASE_FIXTURE(FileFixture, "Files: while a large one is sent others are answered") {
    fs::resize_file(dir.file("large.bin"), 1U << 30);
    start();
    Client slow = connect();
    slow.shrink_window();
    slow.send(get_request("/assets/large.bin"));
    CHECK(slow.read_head().status == 200);
    CHECK(get("/assets/small.txt").body == "hello");
}
