#include "proto/decode.hpp"

#include <array>
#include <cstdint>
#include <utility>

#include "proto/decode_map.hpp"
#include "proto/decode_ready.hpp"
#include "proto/limits.hpp"

namespace typhon::proto {

namespace {

bool read_request(TokenCursor& in, Request& request) {
    return in.number(request.id) && in.number(request.slot) && in.number(request.left_ms) &&
           in.bytes(request.method) && in.bytes(request.path) && in.bytes(request.query) &&
           in.bytes(request.client) && in.bytes(request.headers) && in.bytes(request.body);
}

bool read_reply(TokenCursor& in, Reply& reply) {
    return in.number(reply.id) && in.number(reply.slot) && in.number(reply.status) &&
           in.number(reply.run_us) && in.bytes(reply.content_type) && in.bytes(reply.headers) &&
           in.bytes(reply.body);
}

bool read_chunk(TokenCursor& in, Chunk& chunk) {
    return in.number(chunk.id) && in.number(chunk.slot) && in.bytes(chunk.bytes) &&
           chunk.bytes.size() <= kMaxChunk;
}

bool read_end(TokenCursor& in, End& end) {
    std::uint8_t whole = 0;
    const bool read =
        in.number(end.id) && in.number(end.slot) && in.number(end.run_us) && in.number(whole);
    end.whole = whole == 1;
    return read && whole <= 1;
}

bool read_credit(TokenCursor& in, Credit& credit) {
    return in.number(credit.id) && in.number(credit.bytes);
}

bool read_pong_load(TokenCursor& in, std::string_view key, Pong& pong) {
    if (key == "async_running") {
        return in.number(pong.async_running);
    }
    if (key == "oldest_ms") {
        return in.number(pong.oldest_ms);
    }
    if (key == "gil_age_ms") {
        return in.number(pong.gil_age_ms);
    }
    if (key == "pool_pids") {
        return read_numbers(in, pong.pool_pids);
    }
    if (key == "leaving") {
        return read_flag(in, pong.leaving);
    }
    return skip(in);
}

bool read_pong(TokenCursor& in, Pong& pong) {
    bool has_nonce = false;
    const bool read = read_map(in, [&](std::string_view key) {
        if (key == "nonce") {
            has_nonce = true;
            return in.number(pong.nonce);
        }
        if (key == "busy") {
            return in.number(pong.busy);
        }
        if (key == "threads") {
            return in.number(pong.threads);
        }
        if (key == "queued") {
            return in.number(pong.queued);
        }
        if (key == "served") {
            return in.number(pong.served);
        }
        return read_pong_load(in, key, pong);
    });
    return read && has_nonce;
}

bool read_start_error(TokenCursor& in, StartError& error) {
    const bool read = read_map(in, [&](std::string_view key) {
        if (key == "stage") {
            return in.text(error.stage);
        }
        if (key == "text") {
            return in.text(error.text);
        }
        return skip(in);
    });
    return read && !error.stage.empty();
}

/// What an envelope of one kind is called, and its elements, the kind itself included.
struct Shape {
    std::string_view name;
    std::uint32_t size = 0;
};

/// By the number of the kind; nameless where there is none (PROTOCOL.md, 5).
constexpr std::array<Shape, 17> kShapes{{{},
                                         {"READY", 2},
                                         {"REQUEST", 10},
                                         {"REPLY", 8},
                                         {"CHUNK", 4},
                                         {"END", 5},
                                         {"CANCEL", 2},
                                         {"PING", 2},
                                         {"PONG", 2},
                                         {"DRAIN", 2},
                                         {"BYE", 2},
                                         {"ERROR", 2},
                                         {},
                                         {},
                                         {"BEGIN", 8},
                                         {"CREDIT", 3},
                                         {"RECALL", 2}}};

Shape shape_of(std::uint8_t kind) noexcept {
    return kind < kShapes.size() ? kShapes[kind] : Shape{};
}

/// Makes the body in place: `envelope` is the return value of BatchReader::next(), so nothing is
/// moved.
template <class Body>
Body& make(std::optional<Envelope>& envelope) {
    return envelope.emplace(std::in_place_type<Body>).template emplace<Body>();
}

bool read_begin(TokenCursor& in, Reply& begin) {
    begin.more = true;
    return read_reply(in, begin) && begin.body.size() <= kMaxChunk;
}

bool read_body(Kind kind, TokenCursor& in, std::optional<Envelope>& out) {
    switch (kind) {
        case Kind::request:
            return read_request(in, make<Request>(out));
        case Kind::reply:
            return read_reply(in, make<Reply>(out));
        case Kind::begin:
            return read_begin(in, make<Reply>(out));
        case Kind::chunk:
            return read_chunk(in, make<Chunk>(out));
        case Kind::end:
            return read_end(in, make<End>(out));
        case Kind::credit:
            return read_credit(in, make<Credit>(out));
        case Kind::ready:
            return read_ready(in, make<Ready>(out));
        case Kind::cancel:
            return in.number(make<Cancel>(out).id);
        case Kind::recall:
            return in.number(make<Recall>(out).id);
        case Kind::ping:
            return in.number(make<Ping>(out).nonce);
        case Kind::pong:
            return read_pong(in, make<Pong>(out));
        case Kind::drain:
            return in.number(make<Drain>(out).left_ms);
        case Kind::bye:
            return in.number(make<Bye>(out).served);
        case Kind::error:
            return read_start_error(in, make<StartError>(out));
    }
    return false;
}

std::string fault_of(std::string_view name) {
    if (name.empty()) {
        return "the envelope is of an unknown kind";
    }
    const std::string article = name.starts_with('E') ? "an " : "a ";
    return article + std::string(name) + " envelope has a missing, surplus or invalid field";
}

}  // namespace

bool decode_envelope(TokenCursor values, std::optional<Envelope>& envelope, std::string& fault) {
    std::uint32_t size = 0;
    std::uint8_t kind = 0;
    if (!values.array(size) || !values.number(kind)) {
        fault = "an envelope is not an array that starts with its kind";
        return false;
    }
    const Shape shape = shape_of(kind);
    if (size == shape.size && read_body(static_cast<Kind>(kind), values, envelope)) {
        return true;
    }
    fault = fault_of(shape.name);
    return false;
}

}  // namespace typhon::proto
