#include "proto/decode.hpp"

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

// Builds the body in place: `envelope` is the return value of BatchReader::next(), so nothing is
// moved.
template <class Body, class Read>
bool make(std::optional<Envelope>& envelope, bool counted, Read read) {
    return counted && read(envelope.emplace(std::in_place_type<Body>).template emplace<Body>());
}

// `size` counts the kind, too.
bool read_body(Kind kind, std::uint32_t size, TokenCursor& in, std::optional<Envelope>& out) {
    switch (kind) {
        case Kind::request:
            return make<Request>(
                out, size == 10, [&](Request& body) { return read_request(in, body); });
        case Kind::reply:
            return make<Reply>(out, size == 8, [&](Reply& body) { return read_reply(in, body); });
        case Kind::begin:
            return make<Reply>(out, size == 8, [&](Reply& body) {
                body.more = true;
                return read_reply(in, body) && body.body.size() <= kMaxChunk;
            });
        case Kind::chunk:
            return make<Chunk>(out, size == 4, [&](Chunk& body) { return read_chunk(in, body); });
        case Kind::end:
            return make<End>(out, size == 5, [&](End& body) { return read_end(in, body); });
        case Kind::credit:
            return make<Credit>(
                out, size == 3, [&](Credit& body) { return read_credit(in, body); });
        case Kind::ready:
            return make<Ready>(out, size == 2, [&](Ready& body) { return read_ready(in, body); });
        case Kind::cancel:
            return make<Cancel>(out, size == 2, [&](Cancel& body) { return in.number(body.id); });
        case Kind::recall:
            return make<Recall>(out, size == 2, [&](Recall& body) { return in.number(body.id); });
        case Kind::ping:
            return make<Ping>(out, size == 2, [&](Ping& body) { return in.number(body.nonce); });
        case Kind::pong:
            return make<Pong>(out, size == 2, [&](Pong& body) { return read_pong(in, body); });
        case Kind::drain:
            return make<Drain>(
                out, size == 2, [&](Drain& body) { return in.number(body.left_ms); });
        case Kind::bye:
            return make<Bye>(out, size == 2, [&](Bye& body) { return in.number(body.served); });
        case Kind::error:
            return make<StartError>(
                out, size == 2, [&](StartError& body) { return read_start_error(in, body); });
    }
    return false;
}

std::string_view fault_text(Kind kind) noexcept {
    switch (kind) {
        case Kind::ready:
            return "a READY envelope has a missing, surplus or invalid field";
        case Kind::request:
            return "a REQUEST envelope has a missing, surplus or invalid field";
        case Kind::reply:
            return "a REPLY envelope has a missing, surplus or invalid field";
        case Kind::begin:
            return "a BEGIN envelope has a missing, surplus or invalid field";
        case Kind::chunk:
            return "a CHUNK envelope has a missing, surplus or invalid field";
        case Kind::end:
            return "an END envelope has a missing, surplus or invalid field";
        case Kind::credit:
            return "a CREDIT envelope has a missing, surplus or invalid field";
        case Kind::cancel:
            return "a CANCEL envelope has a missing, surplus or invalid field";
        case Kind::recall:
            return "a RECALL envelope has a missing, surplus or invalid field";
        case Kind::ping:
            return "a PING envelope has a missing, surplus or invalid field";
        case Kind::pong:
            return "a PONG envelope has a missing, surplus or invalid field";
        case Kind::drain:
            return "a DRAIN envelope has a missing, surplus or invalid field";
        case Kind::bye:
            return "a BYE envelope has a missing, surplus or invalid field";
        case Kind::error:
            return "an ERROR envelope has a missing, surplus or invalid field";
    }
    return "the envelope is of an unknown kind";
}

}  // namespace

std::string_view decode_envelope(TokenCursor values, std::optional<Envelope>& envelope) {
    std::uint32_t size = 0;
    std::uint8_t kind = 0;
    if (!values.array(size) || !values.number(kind)) {
        return "an envelope is not an array that starts with its kind";
    }
    const auto named = static_cast<Kind>(kind);
    return read_body(named, size, values, envelope) ? std::string_view{} : fault_text(named);
}

}  // namespace typhon::proto
