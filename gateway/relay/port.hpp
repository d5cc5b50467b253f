// The front's end of the relay: one Port for each loop, used on that loop's thread only.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "gateway/asio.hpp"
#include "gateway/relay/body_rules.hpp"
#include "gateway/relay/call.hpp"

namespace typhon::relay {

class Port {
public:
    Port() = default;
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;
    Port(Port&&) = delete;
    Port& operator=(Port&&) = delete;
    virtual ~Port() = default;

    /// Sends `request` (its views are copied before the return) and waits for the outcome in
    /// `call`. Never throws for an outcome; never blocks the thread. The wait ends at the request's
    /// deadline at the latest.
    template <class Token = asio::use_awaitable_t<LoopExecutor>>
    auto send(Call& call, const proto::Request& request, Token token = {}) {
        return asio::async_initiate<Token, void()>(
            [this, &call, &request](auto handler) {
                using Handler = decltype(handler);
                struct Resume final : Call::Waiter {
                    explicit Resume(Handler h) : handler_(std::move(h)) {}
                    void resume() override { std::move(handler_)(); }
                    Handler handler_;
                };
                call.waiter = std::make_unique<Resume>(std::move(handler));
                submit(call, request);
            },
            token);
    }

    /// The client left: ends the wait with ErrorCode::client_left, and tells the worker. No effect
    /// when the wait is over.
    virtual void cancel(Call& call) = 0;

    /// `bytes` of a streamed answer have been sent to the client: the worker may send as many more.
    virtual void grant(ReplyStream& stream, std::uint32_t bytes) = 0;

    /// The client left before the end of a streamed answer: the worker is told. No effect after its
    /// end.
    virtual void abandon(ReplyStream& stream) = 0;

    /// The WebSocket of this stream is closed, and its handler has been told by a record: it may
    /// end by itself. No effect after its end.
    virtual void leave(ReplyStream& stream) = 0;

    /// How the body of a request is to be read.
    [[nodiscard]] virtual BodyRule body_rule(std::string_view method,
                                             std::string_view raw_path) const = 0;

    /// The next piece of a request's body, at most kMaxChunk, for which take() has said that there
    /// is credit; copied before the return. No effect when the request has ended.
    virtual void send_piece(RequestStream& stream, std::string_view bytes) = 0;

    /// Nothing follows; `whole`: that was all of the body.
    virtual void end_pieces(RequestStream& stream, bool whole) = 0;

protected:
    /// May finish `call` before it returns only by posting to the loop.
    virtual void submit(Call& call, const proto::Request& request) = 0;
};

}  // namespace typhon::relay
