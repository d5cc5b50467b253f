#include "client.hpp"

#include <array>
#include <bit>
#include <cctype>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace typhon::test {

Client::Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{5, 0};
    const int on = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error("connect failed");
    }
}

Client::~Client() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

bool Client::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool Client::receive() {
    std::array<char, 65536> block{};
    const ssize_t size = ::recv(fd_, block.data(), block.size(), 0);
    fault_ = size < 0 ? errno : 0;
    if (size <= 0) {
        return false;
    }
    received_.append(block.data(), static_cast<std::size_t>(size));
    return true;
}

std::string Client::take(std::size_t size) {
    while (received_.size() < size && receive()) {
    }
    std::string taken = received_.substr(0, size);
    received_.erase(0, size);
    return taken;
}

std::string Client::take_line() {
    std::size_t end = 0;
    while ((end = received_.find("\r\n")) == std::string::npos) {
        if (!receive()) {
            return {};
        }
    }
    std::string line = received_.substr(0, end);
    received_.erase(0, end + 2);
    return line;
}

std::string Client::take_chunk() {
    const std::string line = take_line();
    if (line.empty()) {
        throw std::runtime_error("the chunked body is cut off");
    }
    std::string chunk = take(std::stoul(line, nullptr, 16));
    (void)take_line();
    return chunk;
}

std::string Client::take_chunks() {
    std::string body;
    for (std::string chunk = take_chunk(); !chunk.empty(); chunk = take_chunk()) {
        body += chunk;
    }
    return body;
}

Answer Client::read_head() {
    Answer answer;
    const std::string status_line = take_line();
    if (status_line.size() < 12) {
        return answer;
    }
    answer.status = std::stoi(status_line.substr(9, 3));
    for (std::string line = take_line(); !line.empty(); line = take_line()) {
        const std::size_t colon = line.find(':');
        std::string name = line.substr(0, colon);
        for (char& c : name) {
            c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        }
        answer.headers[name] = line.substr(colon + 2);
    }
    return answer;
}

std::string Client::take_head() {
    std::string head;
    for (std::string line = take_line(); !line.empty(); line = take_line()) {
        head += line + "\n";
    }
    return head;
}

std::size_t Client::take_all() {
    std::size_t size = 0;
    do {
        size += received_.size();
        received_.clear();
    } while (receive());
    return size;
}

Answer Client::read(bool no_body) {
    Answer answer = read_head();
    if (no_body || answer.status < 200 || answer.status == 204 || answer.status == 304) {
        return answer;
    }
    if (answer.header("transfer-encoding") == "chunked") {
        answer.body = take_chunks();
    } else if (answer.headers.count("content-length") != 0) {
        answer.body = take(std::stoul(answer.header("content-length")));
    } else {
        answer.body = take(std::string::npos);
    }
    return answer;
}

Answer Client::get(std::string_view path) {
    send(get_request(path));
    return read();
}

bool Client::ends_cleanly() {
    return received_.empty() && !receive() && fault_ == 0;
}

void Client::finish_sending() {
    ::shutdown(fd_, SHUT_WR);
}

void Client::reset() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(std::exchange(fd_, -1));
}

void Client::shrink_window() {
    const int small = 4096;
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
}

std::string get_request(std::string_view path, std::string_view extra) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n" + std::string(extra) + "\r\n";
}

std::string post_request(std::string_view path, std::string_view body, std::string_view extra) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string(extra) + "\r\n" + std::string(body);
}

}  // namespace typhon::test
