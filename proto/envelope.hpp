// What travels between gateway and worker, as plain values. PROTOCOL.md is the authority; codec.hpp
// reads and writes.
//
// The std::string_view members of a decoded envelope point into the received frame and live as long
// as it does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace typhon::proto {

enum class Kind : std::uint8_t {
    ready = 1,    // worker: this start is ready to serve
    request = 2,  // gateway: run a handler
    reply = 3,    // worker: the whole answer to a request
    chunk = 4,    // both: a piece of a streamed answer, or of a request's body
    end = 5,      // both: the end of it
    cancel = 6,   // gateway: the client left or its deadline passed
    ping = 7,     // gateway: are you there?
    pong = 8,     // worker: yes, and this is how busy
    drain = 9,    // gateway: finish what you have and exit
    bye = 10,     // worker: drained, exiting
    error = 11,   // worker: this start failed
    begin = 14,   // worker: the head and the first piece of a streamed answer
    credit = 15,  // both: so much more of a streamed body may come
    recall = 16,  // gateway: give it back, unless its handler has started
};

/// How a handler runs.
enum class RouteMode : std::uint8_t { thread = 0, async = 1, pool = 2 };

/// One row of the worker's route table. One row per function; `methods` are upper-case.
struct RouteInfo {
    std::vector<std::string> methods;
    std::string pattern;  // "/python/users/<int:user_id>"
    std::string name;     // "endpoints.user"
    RouteMode mode = RouteMode::thread;
    std::uint32_t timeout_ms = 0;     // 0: the gateway's request timeout
    std::uint32_t max_in_flight = 0;  // 0: no limit of its own
    bool stream_body = false;         // its handler reads a body in pieces
    std::uint64_t max_body = 0;       // bytes; 0: the gateway's limit

    friend bool operator==(const RouteInfo&, const RouteInfo&) = default;
};

struct Ready {
    std::uint32_t version = 0;  // kProtocolVersion
    std::string token;          // the secret from the environment of this start
    std::uint32_t pid = 0;
    std::string python;                // "3.11.2"
    std::string interpreter;           // path of the executable that pool children run
    std::uint32_t threads = 0;         // handlers that run at once on dispatch threads
    std::uint32_t async_capacity = 0;  // async handlers that run at once
    std::uint32_t pool_workers = 0;
    std::uint32_t start_ms = 0;  // from exec to READY
    std::vector<std::uint32_t> pool_pids;
    std::vector<RouteInfo> routes;  // in declaration order

    friend bool operator==(const Ready&, const Ready&) = default;
};

struct Request {
    std::uint64_t id = 0;
    std::uint32_t slot = 0;     // ledger slot, chosen by the gateway at dispatch
    std::uint32_t left_ms = 0;  // of the deadline, at dispatch; UINT32_MAX: none
    std::string_view method;
    std::string_view path;     // as received, percent-encoded, without query
    std::string_view query;    // as received, without '?'
    std::string_view client;   // address of the peer, "127.0.0.1:5123"
    std::string_view headers;  // a header block, see HeaderBlock in codec.hpp
    std::string_view body;
};

struct Reply {
    std::uint64_t id = 0;
    std::uint32_t slot = 0;
    std::uint16_t status = 200;
    std::uint32_t run_us = 0;       // time in the handler, without waiting
    std::string_view content_type;  // empty: no Content-Type
    std::string_view headers;       // a header block; may be empty
    std::string_view body;
    bool more = false;  // BEGIN: `body` is the first piece of it, chunks and an end follow
};

struct Chunk {
    std::uint64_t id = 0;
    std::uint32_t slot = 0;
    std::string_view bytes;
};

struct End {
    std::uint64_t id = 0;
    std::uint32_t slot = 0;
    std::uint32_t run_us = 0;  // from the start of the handler
    bool whole = false;        // false: the body is cut off
};

struct Credit {
    std::uint64_t id = 0;
    std::uint32_t bytes = 0;  // more than were allowed before
};

struct Cancel {
    std::uint64_t id = 0;
};

struct Recall {
    std::uint64_t id = 0;
};

struct Ping {
    std::uint64_t nonce = 0;
};

struct Pong {
    std::uint64_t nonce = 0;
    std::uint32_t busy = 0;     // dispatch threads inside a handler
    std::uint32_t threads = 0;  // dispatch threads
    std::uint32_t queued = 0;   // received, not started
    std::uint32_t async_running = 0;
    std::uint32_t oldest_ms = 0;   // age of the oldest running handler; 0: none runs
    std::uint32_t gil_age_ms = 0;  // since a thread of the worker last got the GIL
    std::uint64_t served = 0;      // replies since start
    std::vector<std::uint32_t> pool_pids;
    bool leaving = false;  // asked to end by a signal; waits for DRAIN

    friend bool operator==(const Pong&, const Pong&) = default;
};

struct Drain {
    std::uint32_t left_ms = 0;
};

struct Bye {
    std::uint64_t served = 0;
};

/// A start that failed. `stage` is "import", "startup", "pool", "routes" or "interpreter".
struct StartError {
    std::string stage;
    std::string text;  // the traceback, or one sentence

    friend bool operator==(const StartError&, const StartError&) = default;
};

}  // namespace typhon::proto
