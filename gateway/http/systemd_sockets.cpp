// The sockets that systemd hands over at the start (sd_listen_fds(3)), without its library.
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/http/listen_socket.hpp"
#include "gateway/http/socket_address.hpp"

namespace typhon::http {

namespace {

constexpr int kFirst = 3;
constexpr int kMost = 64;

[[noreturn]] void fail(int fault, const std::string& what) {
    throw ListenError(fault, std::generic_category(), what);
}

/// Its value, after which it is gone: the sockets are not for the workers.
std::string take_variable(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    std::string text = value == nullptr ? "" : value;
    ::unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
    return text;
}

long number(std::string_view text) {
    long value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    return fault == std::errc{} && end == text.data() + text.size() ? value : 0;
}

/// The name at `index` of a list like "http:https".
std::string_view name_at(std::string_view names, int index) {
    for (; index > 0; --index) {
        const std::size_t colon = names.find(':');
        names.remove_prefix(colon == std::string_view::npos ? names.size() : colon + 1);
    }
    return names.substr(0, names.find(':'));
}

/// Where it listens, as text; empty for what is no address of ours.
std::string describe(const SocketAddress& address) {
    if (address.is_ip()) {
        return place_text(address.ip.to_string(), address.port);
    }
    return address.path.empty() ? std::string() : "unix:" + address.path;
}

bool listens(int fd) {
    int type = 0;
    int accepts = 0;
    socklen_t size = sizeof type;
    return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM &&
           ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &size) == 0 && accepts != 0;
}

ListenSocket adopt(int fd) {
    ListenSocket made;
    made.fd = UniqueFd(fd);
    const auto address = own_address(fd);
    if (!address || !listens(fd)) {
        fail(EINVAL,
             "descriptor " + std::to_string(fd) + " of systemd is no listening stream socket");
    }
    made.text = describe(*address);
    made.port = address->port;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (made.text.empty() || ::fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
        ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        fail(EINVAL, "descriptor " + std::to_string(fd) + " of systemd cannot be listened on");
    }
    return made;
}

}  // namespace

std::vector<ListenSocket> sockets_of_systemd(bool tls) {
    const std::string owner = take_variable("LISTEN_PID");
    const std::string count = take_variable("LISTEN_FDS");
    const std::string names = take_variable("LISTEN_FDNAMES");
    if (number(owner) != ::getpid() || number(count) < 1 || number(count) > kMost) {
        fail(ENOENT, "systemd has handed no socket over (LISTEN_FDS); a .socket unit does");
    }
    std::vector<ListenSocket> all;
    for (int index = 0; index < number(count); ++index) {
        all.push_back(adopt(kFirst + index));
        all.back().tls = tls || name_at(names, index) == "https";
    }
    return all;
}

}  // namespace typhon::http
