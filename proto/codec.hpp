// Envelopes to msgpack bytes and back. The only file that names msgpack.
//
// A frame is a batch: one or more envelopes, one after the other (PROTOCOL.md, "Frames"). Decoders
// trust nothing: sizes, depth, counts and types are checked against limits.hpp, and a fault is a
// value, never an exception. Pure; an object of class BatchReader belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "proto/envelope.hpp"

namespace typhon::proto {

/// Appends the whole envelope to `out`.
void encode(const Ready& ready, std::string& out);
void encode(const Reply& reply, std::string& out);
void encode(const Chunk& chunk, std::string& out);
void encode(const End& end, std::string& out);
void encode(const Credit& credit, std::string& out);
void encode(const Cancel& cancel, std::string& out);
void encode(const Recall& recall, std::string& out);
void encode(const Ping& ping, std::string& out);
void encode(const Pong& pong, std::string& out);
void encode(const Drain& drain, std::string& out);
void encode(const Bye& bye, std::string& out);
void encode(const StartError& error, std::string& out);
void encode(const Request& request, std::string& out);

/// A request in two parts, so that one that goes back to the queue is not packed again:
/// `encode_request_tail` packs all that does not change (method ... body) once;
/// `encode_request_head` packs kind, id, slot and time left for one dispatch. Head followed by tail
/// is one envelope.
void encode_request_head(std::uint64_t id,
                         std::uint32_t slot,
                         std::uint32_t left_ms,
                         std::string& out);
void encode_request_tail(const Request& request, std::string& out);

using Envelope = std::variant<Ready,
                              Request,
                              Reply,
                              Chunk,
                              End,
                              Credit,
                              Cancel,
                              Ping,
                              Pong,
                              Drain,
                              Bye,
                              StartError,
                              Recall>;

/// Reads the envelopes of one frame in order, one at a time, so that their number needs no bound.
/// The frame must outlive the envelopes.
///
///     BatchReader reader;                     // keeps its memory from frame to frame
///     reader.open(frame);
///     while (auto envelope = reader.next()) { ... }
///     if (!reader.fault().empty()) { ... }    // malformed: drop the rest
class BatchReader {
public:
    BatchReader();
    ~BatchReader();
    BatchReader(const BatchReader&) = delete;
    BatchReader& operator=(const BatchReader&) = delete;
    BatchReader(BatchReader&&) = delete;
    BatchReader& operator=(BatchReader&&) = delete;

    void open(std::string_view frame) noexcept;

    /// The next envelope; empty at the end of the frame or at a fault.
    [[nodiscard]] std::optional<Envelope> next();

    /// Why reading stopped early, one sentence; empty when it did not. Valid until open().
    [[nodiscard]] std::string_view fault() const noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// A name that no field of a client can have: the scheme of the request, when it is not http
/// (PROTOCOL.md, 5.3).
inline constexpr std::string_view kSchemeField = ":scheme";

/// The same: the body of the request comes in pieces when its value is kBodyStreams. Always the
/// first field of its block.
inline constexpr std::string_view kBodyField = ":body";
inline constexpr std::string_view kBodyStreams = "stream";

/// The same, behind it: the request is the opening handshake of a WebSocket. It is the method of
/// the routes that take such a request, too.
inline constexpr std::string_view kWebSocketField = ":websocket";

/// True when this header block says so (PROTOCOL.md, 5.9).
[[nodiscard]] bool opens_websocket(std::string_view block);

/// True when the body of the request that has this header block comes in pieces (PROTOCOL.md, 5.8).
[[nodiscard]] bool streams_body(std::string_view block);

/// Builds a header block: alternating names and values, as bytes. What is in the block is not
/// decoded until somebody asks for it, so that a handler which looks at no header pays for none.
class HeaderBlockWriter {
public:
    /// Starts a block in `out` (cleared) for exactly `fields` fields, at most kMaxHeaderFields: a
    /// reader refuses more.
    HeaderBlockWriter(std::string& out, std::size_t fields);
    void add(std::string_view name, std::string_view value);

private:
    std::string& out_;
};

/// Reads the fields of a header block in place, in order; an empty block has none. The block must
/// outlive the views.
class HeaderBlockReader {
public:
    explicit HeaderBlockReader(std::string_view block) noexcept : block_(block) {}

    /// The next field; false at the end or at a fault.
    [[nodiscard]] bool next(std::string_view& name, std::string_view& value);
    [[nodiscard]] bool failed() const noexcept { return failed_; }

private:
    std::string_view block_;
    std::size_t offset_ = 0;
    std::size_t left_ = 0;
    bool started_ = false;
    bool failed_ = false;
};

}  // namespace typhon::proto
