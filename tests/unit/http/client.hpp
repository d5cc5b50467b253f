// A blocking HTTP client for tests that can also misbehave. Every wait ends after five seconds.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace typhon::test {

struct Answer {
    int status = 0;                              // 0: the connection ended before an answer
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;

    [[nodiscard]] std::string header(const std::string& name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? "" : found->second;
    }
};

class Client {
public:
    explicit Client(std::uint16_t port);
    explicit Client(int fd) : fd_(fd) {}
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    Client(Client&& other) noexcept : fd_(other.fd_), received_(std::move(other.received_)) {
        other.fd_ = -1;
    }
    Client& operator=(Client&&) = delete;

    /// False when the other end is gone.
    bool send(std::string_view bytes);

    /// Sends a GET of `path` and reads the answer.
    Answer get(std::string_view path);

    /// The next answer; `no_body` for the answer to HEAD.
    Answer read(bool no_body = false);

    /// The head of the next answer alone; its body follows.
    Answer read_head();

    /// The next chunk of a body in the chunked coding; the last one is empty. Throws when the body
    /// is cut off.
    std::string take_chunk();

    /// The rest of such a body.
    std::string take_chunks();

    /// The bytes of the next head.
    std::string take_head();

    /// Reads to the end of the connection; the number of bytes.
    std::size_t take_all();

    /// True when the connection ends without another byte, and was not reset.
    bool ends_cleanly();

    void finish_sending();  // FIN
    void reset();           // RST
    void shrink_window();   // receive as little ahead as possible

private:
    bool receive();
    std::string take(std::size_t size);
    std::string take_line();

    int fd_ = -1;
    int fault_ = 0;
    std::string received_;
};

/// "GET path HTTP/1.1" with Host and `extra` fields (each ending in CR LF).
std::string get_request(std::string_view path, std::string_view extra = "");

/// A POST with a Content-Length.
std::string post_request(std::string_view path, std::string_view body, std::string_view extra = "");

}  // namespace typhon::test
