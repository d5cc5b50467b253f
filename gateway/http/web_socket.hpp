// One WebSocket after its handshake: messages of the client go to the worker as records, records of
// the worker to the client as messages (proto/PROTOCOL.md, 5.9).
//
// The frames are Boost.Beast's, which is named in web_socket.cpp alone. It does not decide who may
// connect (websocket_handshake.hpp, the handler). Loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/asio.hpp"
#include "gateway/http/read_buffer.hpp"
#include "gateway/http/ready_socket.hpp"
#include "gateway/relay/port.hpp"

namespace typhon::http {

class WebSocket {
public:
    using Fields = std::vector<std::pair<std::string, std::string>>;

    /// What it moves between; all of it lives longer. `received` is what came behind the handshake.
    struct Ends {
        asio::io_context& loop;
        ReadySocket& socket;
        ReadBuffer& received;
        relay::Port& port;
        relay::RequestStream& in;  // to the worker
        relay::ReplyStream& out;   // from the worker
    };

    WebSocket(const Ends& ends, std::size_t max_message);
    ~WebSocket();
    WebSocket(const WebSocket&) = delete;
    WebSocket& operator=(const WebSocket&) = delete;
    WebSocket(WebSocket&&) = delete;
    WebSocket& operator=(WebSocket&&) = delete;

    /// Answers the handshake with 101 and these fields, serves until either side has closed, and
    /// tells the worker how it ended. The socket is to be closed then.
    Task<void> run(std::string_view key, const Fields& fields);

    /// Closes it with this code, soon.
    void close_soon(std::uint16_t code);

    /// Looks after each interval of pings: false when the client is gone. Else it has been pinged.
    [[nodiscard]] bool look();

    /// Bytes sent behind the answer to the handshake.
    [[nodiscard]] std::uint64_t sent() const noexcept;

    /// The socket has been closed.
    void abort();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace typhon::http
