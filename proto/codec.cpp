// Everything that names msgpack, which is why this file is long.
#include "proto/codec.hpp"

#include <cstddef>
#include <exception>
#include <vector>

#include <msgpack.hpp>

#include "proto/decode.hpp"
#include "proto/limits.hpp"
#include "proto/token_cursor.hpp"

namespace typhon::proto {

namespace {

/// The stream that msgpack::packer writes to.
struct Appender {
    std::string& out;
    void write(const char* data, std::size_t size) { out.append(data, size); }
};

/// Packs values in order; text as str, bytes as bin.
class Packer {
public:
    explicit Packer(std::string& out) : appender_{out}, packer_(appender_) {}

    Packer& array(std::size_t size) {
        packer_.pack_array(static_cast<std::uint32_t>(size));
        return *this;
    }
    Packer& map(std::size_t pairs) {
        packer_.pack_map(static_cast<std::uint32_t>(pairs));
        return *this;
    }
    Packer& kind(Kind kind) { return number(static_cast<std::uint8_t>(kind)); }
    template <class Number>
    Packer& number(Number value) {
        packer_.pack(value);
        return *this;
    }
    Packer& text(std::string_view text) {
        packer_.pack_str(static_cast<std::uint32_t>(text.size()));
        packer_.pack_str_body(text.data(), static_cast<std::uint32_t>(text.size()));
        return *this;
    }
    Packer& bytes(std::string_view bytes) {
        packer_.pack_bin(static_cast<std::uint32_t>(bytes.size()));
        packer_.pack_bin_body(bytes.data(), static_cast<std::uint32_t>(bytes.size()));
        return *this;
    }
    Packer& numbers(const std::vector<std::uint32_t>& values) {
        packer_.pack(values);
        return *this;
    }

private:
    Appender appender_;
    msgpack::packer<Appender> packer_;
};

void pack_route(Packer& packer, const RouteInfo& route) {
    packer.map(8).text("methods").array(route.methods.size());
    for (const std::string& method : route.methods) {
        packer.text(method);
    }
    packer.text("pattern").text(route.pattern).text("name").text(route.name);
    packer.text("mode").number(static_cast<std::uint8_t>(route.mode));
    packer.text("timeout_ms").number(route.timeout_ms);
    packer.text("max_in_flight").number(route.max_in_flight);
    packer.text("stream_body").number(route.stream_body ? 1U : 0U);
    packer.text("max_body").number(route.max_body);
}

static_assert(sizeof(Token) == 16, "PROTOCOL.md names this figure");

/// Takes down the values of one envelope, and stops at the first that breaks a limit.
class TokenVisitor : public msgpack::null_visitor {
public:
    explicit TokenVisitor(std::vector<Token>& tokens) : tokens_(tokens) {}

    bool visit_nil() { return add(Token::Type::other, 0); }
    bool visit_boolean(bool /*value*/) { return add(Token::Type::other, 0); }
    bool visit_negative_integer(std::int64_t value) {
        return value < 0 ? add(Token::Type::other, 0)
                         : visit_positive_integer(static_cast<std::uint64_t>(value));
    }
    bool visit_float32(float /*value*/) { return add(Token::Type::other, 0); }
    bool visit_float64(double /*value*/) { return add(Token::Type::other, 0); }
    bool visit_ext(const char* /*data*/, std::uint32_t size) {
        return size <= kMaxBytes && add(Token::Type::other, 0);
    }
    bool visit_positive_integer(std::uint64_t value) {
        if (!add(Token::Type::number, 0)) {
            return false;
        }
        tokens_.back().number = value;
        return true;
    }
    bool visit_str(const char* data, std::uint32_t size) { return visit_bin(data, size); }
    bool visit_bin(const char* data, std::uint32_t size) {
        if (size > kMaxBytes || !add(Token::Type::bytes, size)) {
            return false;
        }
        tokens_.back().data = data;
        return true;
    }
    bool start_array(std::uint32_t size) { return start(Token::Type::array, size); }
    bool start_map(std::uint32_t pairs) { return start(Token::Type::map, pairs); }
    bool end_array() { return end(); }
    bool end_map() { return end(); }

private:
    bool start(Token::Type type, std::uint32_t size) {
        ++depth_;
        return depth_ <= kMaxDepth && size <= kMaxArray && add(type, size);
    }
    bool end() {
        --depth_;
        return true;
    }
    bool add(Token::Type type, std::uint32_t size) {
        if (tokens_.size() >= kMaxObjects) {
            return false;
        }
        Token& token = tokens_.emplace_back();
        token.type = type;
        token.size = size;
        return true;
    }

    std::vector<Token>& tokens_;
    std::size_t depth_ = 0;
};

/// Moves `offset` behind one value. False when the value is cut off, malformed or beyond a limit.
bool read_tokens(std::string_view frame, std::size_t& offset, std::vector<Token>& tokens) {
    tokens.clear();
    TokenVisitor visitor(tokens);
    try {
        return msgpack::parse(frame.data(), frame.size(), offset, visitor);
    } catch (const msgpack::unpack_error&) {
        return false;
    }
}

}  // namespace

void encode(const Ready& ready, std::string& out) {
    Packer packer(out);
    packer.array(2).kind(Kind::ready).map(11);
    packer.text("version").number(ready.version).text("token").text(ready.token);
    packer.text("pid").number(ready.pid).text("python").text(ready.python);
    packer.text("interpreter").text(ready.interpreter).text("threads").number(ready.threads);
    packer.text("async_capacity").number(ready.async_capacity);
    packer.text("pool_workers").number(ready.pool_workers);
    packer.text("start_ms").number(ready.start_ms).text("pool_pids").numbers(ready.pool_pids);
    packer.text("routes").array(ready.routes.size());
    for (const RouteInfo& route : ready.routes) {
        pack_route(packer, route);
    }
}

void encode(const Reply& reply, std::string& out) {
    Packer packer(out);
    packer.array(8)
        .kind(reply.more ? Kind::begin : Kind::reply)
        .number(reply.id)
        .number(reply.slot)
        .number(reply.status)
        .number(reply.run_us);
    packer.text(reply.content_type).bytes(reply.headers).bytes(reply.body);
}

void encode(const Chunk& chunk, std::string& out) {
    Packer(out).array(4).kind(Kind::chunk).number(chunk.id).number(chunk.slot).bytes(chunk.bytes);
}

void encode(const End& end, std::string& out) {
    Packer packer(out);
    packer.array(5).kind(Kind::end).number(end.id).number(end.slot).number(end.run_us);
    packer.number(static_cast<std::uint8_t>(end.whole ? 1 : 0));
}

void encode(const Credit& credit, std::string& out) {
    Packer(out).array(3).kind(Kind::credit).number(credit.id).number(credit.bytes);
}

void encode(const Cancel& cancel, std::string& out) {
    Packer(out).array(2).kind(Kind::cancel).number(cancel.id);
}

void encode(const Recall& recall, std::string& out) {
    Packer(out).array(2).kind(Kind::recall).number(recall.id);
}

void encode(const Ping& ping, std::string& out) {
    Packer(out).array(2).kind(Kind::ping).number(ping.nonce);
}

void encode(const Pong& pong, std::string& out) {
    Packer packer(out);
    packer.array(2).kind(Kind::pong).map(10);
    packer.text("nonce")
        .number(pong.nonce)
        .text("busy")
        .number(pong.busy)
        .text("threads")
        .number(pong.threads);
    packer.text("queued").number(pong.queued).text("async_running").number(pong.async_running);
    packer.text("oldest_ms").number(pong.oldest_ms).text("gil_age_ms").number(pong.gil_age_ms);
    packer.text("served").number(pong.served).text("pool_pids").numbers(pong.pool_pids);
    packer.text("leaving").number(pong.leaving ? 1U : 0U);
}

void encode(const Drain& drain, std::string& out) {
    Packer(out).array(2).kind(Kind::drain).number(drain.left_ms);
}

void encode(const Bye& bye, std::string& out) {
    Packer(out).array(2).kind(Kind::bye).number(bye.served);
}

void encode(const StartError& error, std::string& out) {
    Packer(out)
        .array(2)
        .kind(Kind::error)
        .map(2)
        .text("stage")
        .text(error.stage)
        .text("text")
        .text(error.text);
}

void encode(const Request& request, std::string& out) {
    encode_request_head(request.id, request.slot, request.left_ms, out);
    encode_request_tail(request, out);
}

void encode_request_head(std::uint64_t id,
                         std::uint32_t slot,
                         std::uint32_t left_ms,
                         std::string& out) {
    Packer(out).array(10).kind(Kind::request).number(id).number(slot).number(left_ms);
}

void encode_request_tail(const Request& request, std::string& out) {
    Packer packer(out);
    packer.text(request.method).bytes(request.path).bytes(request.query).text(request.client);
    packer.bytes(request.headers).bytes(request.body);
}

struct BatchReader::State {
    std::string_view frame;
    std::size_t offset = 0;
    std::string fault;
    std::vector<Token> tokens;
};

BatchReader::BatchReader() : state_(std::make_unique<State>()) {}
BatchReader::~BatchReader() = default;

void BatchReader::open(std::string_view frame) noexcept {
    state_->frame = frame;
    state_->offset = 0;
    state_->fault.clear();
}

std::optional<Envelope> BatchReader::next() {
    std::optional<Envelope> envelope;
    State& state = *state_;
    if (!state.fault.empty() || state.offset == state.frame.size()) {
        return envelope;
    }
    if (!read_tokens(state.frame, state.offset, state.tokens)) {
        state.fault = "an envelope is cut off, malformed or beyond a limit";
    } else if (!decode_envelope({state.tokens.data(), state.tokens.data() + state.tokens.size()},
                                envelope,
                                state.fault)) {
        envelope.reset();
    }
    return envelope;
}

std::string_view BatchReader::fault() const noexcept {
    return state_->fault;
}

HeaderBlockWriter::HeaderBlockWriter(std::string& out, std::size_t fields) : out_(out) {
    out_.clear();
    Packer(out_).array(2 * fields);
}

void HeaderBlockWriter::add(std::string_view name, std::string_view value) {
    Packer(out_).bytes(name).bytes(value);
}

}  // namespace typhon::proto
