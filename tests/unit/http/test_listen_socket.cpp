// Sockets to listen on: IPv6 beside IPv4, files of unix sockets, and what systemd hands over.
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/http/listen_socket.hpp"

using namespace typhon;
using namespace typhon::http;

namespace {

struct Directory {
    Directory() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "typhon-listen-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path = pattern;
    }
    ~Directory() { std::filesystem::remove_all(path); }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    Directory(Directory&&) = delete;
    Directory& operator=(Directory&&) = delete;

    [[nodiscard]] ListenAddress socket(unsigned mode = 0660) const {
        ListenAddress address;
        address.kind = ListenAddress::Kind::unix_socket;
        address.path = path + "/s";
        address.mode = mode;
        return address;
    }
    [[nodiscard]] mode_t mode() const {
        struct stat info {};
        REQUIRE(::stat((path + "/s").c_str(), &info) == 0);
        return info.st_mode & 07777U;
    }

    std::string path;
};

bool connects(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
    return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

int fault_of(const ListenAddress& address) {
    try {
        static_cast<void>(listen_on(address));
    } catch (const ListenError& error) {
        CHECK(std::string(error.what()).find(address.path) != std::string::npos);
        return error.code().value();
    }
    return 0;
}

}  // namespace

TEST_CASE("ListenSocket: every IPv4 and every IPv6 address of one port go together") {
    ListenAddress address;
    address.host = "0.0.0.0";
    const ListenSocket v4 = listen_on(address);
    address.host = "::";
    address.port = v4.port;
    const ListenSocket v6 = listen_on(address);
    CHECK(v6.text == "[::]:" + std::to_string(v4.port));
    CHECK(v6.url() == "http://" + v6.text);
}

TEST_CASE("ListenSocket: the file of a unix socket has its mode whatever the umask, and goes") {
    const Directory directory;
    const mode_t before = ::umask(0);
    for (const mode_t mask : {0U, 0077U}) {
        ::umask(mask);
        for (const unsigned mode : {0600U, 0660U, 0666U}) {
            const ListenSocket socket = listen_on(directory.socket(mode));
            CHECK(directory.mode() == mode);
            CHECK(connects(directory.path + "/s"));
            CHECK(socket.url() == "unix:" + directory.path + "/s");
        }
        CHECK(std::filesystem::is_empty(directory.path));
    }
    ::umask(before);
}

TEST_CASE("ListenSocket: the unix socket of a dead server is replaced, that of a live one not") {
    const Directory directory;
    {
        ListenSocket dead = listen_on(directory.socket());
        dead.fd.reset();
        SocketFile file = std::move(dead.file);
        const ListenSocket next = listen_on(directory.socket());
        CHECK(connects(directory.path + "/s"));
        CHECK(fault_of(directory.socket()) == EADDRINUSE);
        CHECK(connects(directory.path + "/s"));
        file.remove();  // it is another's by now
        CHECK(connects(directory.path + "/s"));
    }
    CHECK(std::filesystem::is_empty(directory.path));
}

TEST_CASE("ListenSocket: a file that is no socket stays, and a directory must be there") {
    const Directory directory;
    std::ofstream(directory.path + "/s") << "precious";
    CHECK(fault_of(directory.socket()) == EADDRINUSE);
    CHECK(std::filesystem::file_size(directory.path + "/s") == 8);
    ListenAddress address = directory.socket();
    address.path = directory.path + "/missing/s";
    CHECK(fault_of(address) == ENOENT);
    address.path = directory.path + "/" + std::string(120, 'x');
    CHECK(fault_of(address) == ENAMETOOLONG);
}

TEST_CASE("ListenSocket: without sockets of systemd it says so, and the variables are gone") {
    ::setenv("LISTEN_PID", "1", 1);  // of another process
    ::setenv("LISTEN_FDS", "1", 1);
    CHECK_THROWS_AS(static_cast<void>(sockets_of_systemd(false)), ListenError);
    CHECK(::getenv("LISTEN_FDS") == nullptr);
    CHECK_THROWS_AS(static_cast<void>(sockets_of_systemd(false)), ListenError);
}
