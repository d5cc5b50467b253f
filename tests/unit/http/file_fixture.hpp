#pragma once

#include <filesystem>
#include <string>

#include "server_fixture.hpp"
#include "tests/unit/supervisor/fixture.hpp"

namespace typhon::test {

inline constexpr std::size_t kLarge = 3'000'000;

/// Text in which each place can be told from the others.
inline std::string numbered(std::size_t size) {
    std::string text;
    text.reserve(size + 8);
    for (std::size_t number = 0; text.size() < size; ++number) {
        text += std::to_string(number) + ' ';
    }
    text.resize(size);
    return text;
}

/// A server with a static root that holds a small file, a large one, an empty one, and directories.
class FileFixture : public ServerFixture {
public:
    FileFixture() {
        std::filesystem::create_directories(dir.file("sub"));
        std::filesystem::create_directories(dir.file("bare"));
        dir.write("small.txt", "hello");
        dir.write("empty.txt", "");
        dir.write("large.bin", large);
        dir.write("index.html", "<p>start");
        dir.write("sub/index.html", "<p>sub");
        options.statics = {{{"assets"}, dir.path()}};
    }

    Answer get(const std::string& path, const std::string& fields = "") {
        Client client = connect();
        client.send(get_request(path, fields));
        return client.read();
    }

    test::TempDir dir;
    const std::string large = numbered(kLarge);
};

}  // namespace typhon::test
