// A request body that is sent to its worker as it arrives: what the connection knows of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "gateway/http/chunked.hpp"
#include "gateway/http/head.hpp"
#include "gateway/relay/request_stream.hpp"
#include "gateway/wake_up.hpp"
#include "proto/deadline.hpp"

namespace typhon::http {

struct Upload {
    /// Whom it waits for.
    enum class Waits : std::uint8_t { client, worker, nobody };

    Upload(asio::io_context& loop, const Head& head, std::uint64_t limit)
        : stream(std::make_shared<relay::RequestStream>(loop)),
          wake_up(loop),
          decoder(limit),
          chunked(head.framing() == Framing::chunked),
          left(chunked ? 0 : head.content_length()) {}

    std::shared_ptr<relay::RequestStream> stream;
    WakeUp wake_up;
    ChunkedDecoder decoder;
    std::string data;  // what the decoder gave
    const bool chunked;
    std::uint64_t left;     // bytes that have not been sent, of a body of known length
    bool held = false;      // its client waits for 100 Continue
    bool complete = false;  // all of it has been sent
    bool asked = false;     // the relay knows the call
    bool answered = false;  // the call has ended
    Fault fault;            // why the rest is not read
    Waits waits = Waits::worker;
    /// When it last began to wait for somebody else than the client.
    std::optional<proto::SteadyClock::time_point> paused_at = proto::SteadyClock::now();
};

}  // namespace typhon::http
