// One request on its way through the relay, as the HTTP front sees it.
//
// A Call lives in the frame of the coroutine that waits for it. `co_await port.send(call, request)`
// completes exactly once, on the loop of the caller; until then the Call must stay where it is. One
// Call is one request.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/asio.hpp"
#include "gateway/relay/reply_stream.hpp"
#include "gateway/relay/request_stream.hpp"
#include "proto/deadline.hpp"
#include "proto/envelope.hpp"
#include "proto/errors.hpp"

namespace typhon::relay {

struct Pending;

/// Keeps alive what the views of a reply point to.
using FrameHold = std::shared_ptr<const void>;

class Call {
public:
    Call() = default;
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    Call(Call&&) = delete;
    Call& operator=(Call&&) = delete;
    ~Call() = default;

    // Set before send().
    std::uint64_t id = 0;
    std::string_view given_id;            // see request_id.hpp
    std::shared_ptr<RequestStream> body;  // set: the body follows in pieces, as the request says

    bool websocket = false;  // the opening handshake of a WebSocket: `body` takes its records

    // Set when the wait is over.
    proto::ErrorCode error = proto::ErrorCode::none;  // none: `reply` is the answer
    proto::Reply reply;                               // views into `frame`
    FrameHold frame;
    std::shared_ptr<ReplyStream> stream;  // set: `reply.body` is the first piece of the body only
    std::string allow;     // for method_not_allowed, and for an OPTIONS answer (options == true)
    bool options = false;  // answer 204 with Allow
    std::uint32_t retry_after_s = 0;     // for retryable errors
    const std::string* route = nullptr;  // its pattern, which lives as long as the relay
    std::uint32_t worker = 0;            // pid of the last one that got the request; 0: none
    proto::SteadyClock::time_point dispatched_at;  // when it did

    // --- between the relay and Port only ---
    struct Waiter {
        Waiter() = default;
        Waiter(const Waiter&) = delete;
        Waiter& operator=(const Waiter&) = delete;
        Waiter(Waiter&&) = delete;
        Waiter& operator=(Waiter&&) = delete;
        virtual ~Waiter() = default;
        virtual void resume() = 0;  // called once, on the caller's loop, after the waiter was moved
                                    // out of the Call
    };
    std::unique_ptr<Waiter> waiter;
    Pending* pending = nullptr;  // the relay's side of this call
    bool finished = false;       // the outcome is set

    /// Sets the outcome's end and continues the coroutine. On the caller's loop only.
    void finish() {
        finished = true;
        if (auto ready = std::move(waiter)) {
            ready->resume();
        }
    }
};

}  // namespace typhon::relay
