#include "proto/log_stream.hpp"

#include <array>
#include <csignal>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using typhon::proto::LogStream;

namespace {

const std::string kLine = std::string(1000, 'x') + '\n';

/// Two ends that are closed with it.
class Ends {
public:
    explicit Ends(bool socket) {
        std::array<int, 2> made{};
        REQUIRE((socket ? ::socketpair(AF_UNIX, SOCK_STREAM, 0, made.data())
                        : ::pipe(made.data())) == 0);
        from = made[0];
        into = made[1];
    }
    ~Ends() {
        ::close(from);
        ::close(into);
    }
    Ends(const Ends&) = delete;
    Ends& operator=(const Ends&) = delete;
    Ends(Ends&&) = delete;
    Ends& operator=(Ends&&) = delete;

    /// All that is there.
    [[nodiscard]] std::string take() const {
        std::string text;
        std::array<char, 65536> part{};
        ::fcntl(from, F_SETFL, O_NONBLOCK);
        for (ssize_t size = 0; (size = ::read(from, part.data(), part.size())) > 0;) {
            text.append(part.data(), static_cast<std::size_t>(size));
        }
        return text;
    }

    int from = -1;
    int into = -1;
};

/// Writes until a line is lost; the lines before it.
std::size_t fill(LogStream& stream) {
    std::size_t lines = 0;
    while (stream.write(kLine)) {
        ++lines;
    }
    return lines;
}

}  // namespace

TEST_CASE("LogStream: a reader who reads no more loses lines, and stops nobody") {
    for (const bool socket : {false, true}) {
        CAPTURE(socket);
        const Ends ends(socket);
        LogStream stream(ends.into);
        const std::size_t written = fill(stream);
        CHECK(written > 10);
        for (int more = 0; more < 10'000; ++more) {
            CHECK_FALSE(stream.write(kLine));
        }
        CHECK(ends.take().size() >= written * kLine.size());
        CHECK(stream.write("here again\n"));
        const std::string rest = ends.take();
        CHECK(rest.substr(rest.find_first_not_of('\n')) == "here again\n");
    }
}

TEST_CASE("LogStream: the descriptor itself goes on to block") {
    const Ends ends(false);
    const LogStream stream(ends.into);
    CHECK((::fcntl(ends.into, F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("LogStream: a line that was cut off is ended before the next one") {
    const Ends ends(false);
    LogStream stream(ends.into);
    (void)fill(stream);
    const std::string large(1U << 20, 'y');
    (void)ends.take();
    CHECK_FALSE(stream.write(large + '\n'));
    CHECK(ends.take().find('\n') == std::string::npos);
    CHECK(stream.write("next\n"));
    CHECK(ends.take() == "\nnext\n");
}

TEST_CASE("LogStream: a pipe that nobody can read any more") {
    std::signal(SIGPIPE, SIG_IGN);  // as gateway and worker do at their start
    Ends ends(false);
    LogStream stream(ends.into);
    ::close(ends.from);
    CHECK_FALSE(stream.write(kLine));
    ends.from = ::dup(ends.into);
}
