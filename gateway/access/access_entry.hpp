// What the access log says of one request that has been answered, or whose client has left, as
// plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace typhon::access {

/// How an answer ended.
enum class End : std::uint8_t {
    complete,     // all of it was handed to the socket
    client_left,  // the client closed or reset the connection before that
    cut_off,      // the gateway ended it: its handler failed, or the client did not read
};

/// The status of a request whose client left before its answer began, as nginx has it.
inline constexpr int kClientLeftStatus = 499;

/// Texts are as the client sent them, and hold neither a query nor a fragment; empty: there is
/// none.
struct AccessEntry {
    std::chrono::system_clock::time_point at;  // the end
    std::string_view client;                   // address without port
    std::string_view method;
    std::string_view path;
    std::string_view protocol;
    int status = 0;           // as sent; 0: none
    std::uint64_t bytes = 0;  // of the body as sent, framing of chunks included
    std::string_view referer;
    std::string_view user_agent;
    std::string_view request_id;
    std::string_view route;    // its pattern
    std::uint32_t worker = 0;  // pid; 0: none
    std::optional<std::chrono::microseconds> queue;
    std::optional<std::chrono::microseconds> handler;
    std::chrono::microseconds total{0};
    End end = End::complete;
};

}  // namespace typhon::access
