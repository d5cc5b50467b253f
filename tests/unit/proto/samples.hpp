// One envelope of each kind with every field set, and a reader of whole frames, for the tests of
// the codec.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/codec.hpp"

namespace typhon::proto::samples {

inline Request request() {
    Request request;
    request.id = 0xFEDCBA9876543210ULL;
    request.slot = 2047;
    request.left_ms = 30'000;
    request.method = "POST";
    request.path = "/python/caf%C3%A9";
    request.query = "a=1&b=2";
    request.client = "127.0.0.1:5123";
    request.headers = "\x92\xC4\x04host\xC4\x01x";
    request.body = "{\"a\": 1}";
    return request;
}

inline Reply reply() {
    Reply reply;
    reply.id = 42;
    reply.slot = 7;
    reply.status = 201;
    reply.run_us = 1234;
    reply.content_type = "application/json";
    reply.headers = "\x90";
    reply.body = "[1,2,3]";
    return reply;
}

inline Ready ready() {
    Ready ready;
    ready.version = 1;
    ready.token = "0123456789abcdef";
    ready.pid = 4711;
    ready.python = "3.11.2";
    ready.interpreter = "/usr/bin/python3";
    ready.threads = 8;
    ready.async_capacity = 1000;
    ready.pool_workers = 2;
    ready.start_ms = 350;
    ready.pool_pids = {4712, 4713};
    ready.routes = {
        {{"GET"}, "/python/hello", "endpoints.hello", RouteMode::thread, 0, 0, true, 1ULL << 40},
        {{"GET", "POST"},
         "/python/users/<int:id>",
         "endpoints.user",
         RouteMode::async,
         5000,
         100,
         false,
         0},
        {{"POST"}, "/python/pool/sum", "pool_handlers.sum", RouteMode::pool, 70'000, 1, false, 0}};
    return ready;
}

inline Pong pong() {
    return Pong{.nonce = 99,
                .busy = 3,
                .threads = 8,
                .queued = 12,
                .async_running = 5,
                .oldest_ms = 1500,
                .gil_age_ms = 2,
                .served = 1'000'000'000'000ULL,
                .pool_pids = {1, 2},
                .leaving = true};
}

inline StartError start_error() {
    return {"import", "Traceback (most recent call last):\n  SyntaxError: caf\xC3\xA9"};
}

template <class Body>
std::string packed(const Body& body) {
    std::string out;
    encode(body, out);
    return out;
}

/// One frame for each kind.
inline std::vector<std::string> frames() {
    return {packed(ready()),
            packed(request()),
            packed(reply()),
            packed(Cancel{5}),
            packed(Recall{6}),
            packed(Ping{6}),
            packed(pong()),
            packed(Drain{7}),
            packed(Bye{8}),
            packed(start_error())};
}

/// What a reader says about a frame.
struct Result {
    std::vector<Envelope> envelopes;
    std::string fault;
};

inline Result read(std::string_view frame) {
    BatchReader reader;
    reader.open(frame);
    Result result;
    while (auto envelope = reader.next()) {
        result.envelopes.push_back(std::move(*envelope));
    }
    result.fault = reader.fault();
    return result;
}

}  // namespace typhon::proto::samples
