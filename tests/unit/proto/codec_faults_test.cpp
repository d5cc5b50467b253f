// What the reader does with frames that no correct peer sends: a fault, never a crash, never memory
// out of proportion.
#include <random>
#include <string>

#include "samples.hpp"
#include <doctest/doctest.h>

#include "proto/codec.hpp"
#include "proto/limits.hpp"

using namespace typhon::proto;

namespace {

std::string bytes(std::initializer_list<int> values) {
    std::string text;
    for (const int value : values) {
        text.push_back(static_cast<char>(value));
    }
    return text;
}

std::string fault(std::string_view frame) {
    const samples::Result result = samples::read(frame);
    CHECK(result.envelopes.empty());
    return result.fault;
}

bool refused(std::string_view frame) {
    return !fault(frame).empty();
}

constexpr std::string_view kMalformed = "an envelope is cut off, malformed or beyond a limit";
constexpr std::string_view kUnknownKind = "the envelope is of an unknown kind";
constexpr std::string_view kNoEnvelope = "an envelope is not an array that starts with its kind";

// Every view must lie inside the frame; a sanitizer sees reads outside of it.
void touch(const Envelope& envelope, std::string_view frame) {
    const auto check = [frame](std::string_view view) {
        REQUIRE((view.empty() || (view.data() >= frame.data() &&
                                  view.data() + view.size() <= frame.data() + frame.size())));
    };
    if (const auto* request = std::get_if<Request>(&envelope)) {
        for (const auto view : {request->method,
                                request->path,
                                request->query,
                                request->client,
                                request->headers,
                                request->body}) {
            check(view);
        }
    } else if (const auto* reply = std::get_if<Reply>(&envelope)) {
        for (const auto view : {reply->content_type, reply->headers, reply->body}) {
            check(view);
        }
    }
}

void read_and_touch(const std::string& frame) {
    // A copy on the heap of exactly the frame's size, so that a read behind the end is seen.
    const std::vector<char> copy(frame.begin(), frame.end());
    const std::string_view view(copy.data(), copy.size());
    for (const Envelope& envelope : samples::read(view).envelopes) {
        touch(envelope, view);
    }
}

}  // namespace

TEST_CASE("Codec: what is no envelope is refused") {
    CHECK(fault("\xC1") == kMalformed);   // never used by msgpack
    CHECK(fault("\x01") == kNoEnvelope);  // a number
    CHECK(fault("\xA3"
                "abc") == kNoEnvelope);   // text
    CHECK(fault("\x80") == kNoEnvelope);  // a map
    CHECK(fault("\xC0") == kNoEnvelope);  // nil
    CHECK(fault("\x90") == kNoEnvelope);  // no kind
    CHECK(fault("\x91\xA1"
                "a") == kNoEnvelope);                 // kind is text
    CHECK(fault("\x91\xFF") == kNoEnvelope);          // kind is negative
    CHECK(fault("\x91\xCD\x01\x02") == kNoEnvelope);  // kind beyond a byte
}

TEST_CASE("Codec: a piece of a streamed answer beyond 64 KiB is refused") {
    const std::string longest(kMaxChunk, 'x');
    const std::string longer = longest + 'x';
    const auto chunk = [](std::string_view piece) {
        std::string frame;
        encode(Chunk{1, 2, piece}, frame);
        return frame;
    };
    const auto begin = [](std::string_view piece) {
        Reply reply;
        reply.body = piece;
        reply.more = true;
        std::string frame;
        encode(reply, frame);
        return frame;
    };
    CHECK(samples::read(chunk(longest)).fault.empty());
    CHECK(samples::read(begin(longest)).fault.empty());
    CHECK_FALSE(fault(chunk(longer)).empty());
    CHECK_FALSE(fault(begin(longer)).empty());
}

TEST_CASE("Codec: unknown kinds are refused") {
    CHECK(fault(bytes({0x92, 0, 1})) == kUnknownKind);
    CHECK(fault(bytes({0x92, 12, 1})) == kUnknownKind);
    CHECK(fault(bytes({0x92, 0xCC, 0xFF, 1})) == kUnknownKind);
}

TEST_CASE("Codec: an envelope of a wrong length is refused") {
    CHECK(fault(bytes({0x91, 6})) == "a CANCEL envelope has a missing, surplus or invalid field");
    CHECK(refused(bytes({0x93, 6, 1, 1})));
    for (std::string frame :
         {samples::packed(samples::request()), samples::packed(samples::reply())}) {
        frame[0] = static_cast<char>(frame[0] - 1);
        frame.pop_back();
        CHECK(refused(frame));
    }
    for (std::string frame : samples::frames()) {
        frame[0] = static_cast<char>(frame[0] + 1);
        frame.push_back('\x01');
        CHECK(refused(frame));
    }
}

TEST_CASE("Codec: a number that does not fit its field is refused") {
    CHECK(refused(bytes({0x92, 9, 0xCF, 0, 0, 0, 1, 0, 0, 0, 0})));  // DRAIN of 2^32 ms
    CHECK(refused(bytes({0x92, 6, 0xFF})));                          // id -1
    CHECK(refused(bytes({0x92, 6, 0xCA, 0, 0, 0, 0})));              // id 0.0
    CHECK(refused(
        bytes({0x98, 3, 1, 1, 0xCE, 0, 1, 0, 0, 1, 0xA0, 0xC4, 0, 0xC4, 0})));  // status 65536
    CHECK_FALSE(samples::read(bytes({0x92, 6, 0xD3, 0, 0, 0, 0, 0, 0, 0, 1}))
                    .envelopes.empty());  // int 64, not negative
}

TEST_CASE("Codec: byte strings may be str or bin") {
    const std::string frame =
        bytes({0x98, 3, 1, 1, 0xCC, 200, 1, 0xC4, 1, 'a', 0xA1, 'b', 0xD9, 1, 'c'});
    const samples::Result result = samples::read(frame);
    REQUIRE(result.envelopes.size() == 1);
    const auto& reply = std::get<Reply>(result.envelopes.front());
    CHECK(reply.content_type == "a");
    CHECK(reply.headers == "b");
    CHECK(reply.body == "c");
}

TEST_CASE("Codec: unknown keys are ignored, with all that is in them") {
    // {"nonce": 5, "new": [{"a": [1, nil, 1.5]}, -1], "busy": 2}
    const samples::Result result = samples::read(
        bytes({0x92, 8,    0x83, 0xA5, 'n',  'o',  'n', 'c',  'e',  5,    0xA3, 'n', 'e',
               'w',  0x92, 0x81, 0xA1, 'a',  0x93, 1,   0xC0, 0xCB, 0x3F, 0xF8, 0,   0,
               0,    0,    0,    0,    0xFF, 0xA4, 'b', 'u',  's',  'y',  2}));
    CHECK(result.fault.empty());
    REQUIRE(result.envelopes.size() == 1);
    Pong wanted;
    wanted.nonce = 5;
    wanted.busy = 2;
    CHECK(std::get<Pong>(result.envelopes.front()) == wanted);
}

TEST_CASE("Codec: required keys must be there") {
    CHECK(refused(bytes({0x92, 1, 0x80})));  // READY without version and token
    CHECK(refused(bytes(
        {0x92, 1, 0x81, 0xA7, 'v', 'e', 'r', 's', 'i', 'o', 'n', 1})));  // READY without token
    CHECK(refused(bytes({0x92, 8, 0x80})));                              // PONG without nonce
    CHECK(refused(bytes({0x92, 11, 0x80})));                             // ERROR without stage
    Ready ready = samples::ready();
    ready.routes[1].methods.clear();
    CHECK(refused(samples::packed(ready)));
    ready = samples::ready();
    ready.routes[1].pattern.clear();
    CHECK(refused(samples::packed(ready)));
}

TEST_CASE("Codec: values of a wrong type in a map are refused") {
    CHECK(refused(bytes({0x92, 8, 0x81, 1, 1})));  // key is a number
    CHECK(refused(
        bytes({0x92, 8, 0x81, 0xA5, 'n', 'o', 'n', 'c', 'e', 0xA1, 'x'})));  // nonce is text
    CHECK(refused(bytes({0x92, 8, 0x90})));                                  // an array for the map
    CHECK(refused(bytes({0x92, 11, 0x81, 0xA5, 's', 't', 'a', 'g', 'e', 1})));  // stage is a number
    Ready ready = samples::ready();
    ready.routes[0].mode = static_cast<RouteMode>(3);
    CHECK(refused(samples::packed(ready)));
}

TEST_CASE("Codec: nesting is bounded") {
    const auto nested = [](std::size_t depth) {
        // PONG with an unknown key whose value is `depth` arrays in each other; the envelope and
        // its map are two more.
        return bytes({0x92, 8, 0x82, 0xA5, 'n', 'o', 'n', 'c', 'e', 5, 0xA1, 'x'}) +
               std::string(depth - 1, '\x91') + "\x90";
    };
    CHECK(samples::read(nested(kMaxDepth - 2)).fault.empty());
    CHECK(fault(nested(kMaxDepth - 1)) == kMalformed);
    CHECK(fault(std::string(1'000'000, '\x91')) == kMalformed);
    CHECK(fault(std::string(1'000'000, '\x81')) == kMalformed);
}

TEST_CASE("Codec: the elements of one array and the pairs of one map are bounded") {
    const auto pong_with = [](const std::string& value) {
        return bytes({0x92, 8, 0x82, 0xA5, 'n', 'o', 'n', 'c', 'e', 5, 0xA1, 'x'}) + value;
    };
    CHECK(samples::read(pong_with(bytes({0xDC, 0x10, 0x00}) + std::string(kMaxArray, '\x01')))
              .fault.empty());
    CHECK(fault(pong_with(bytes({0xDC, 0x10, 0x01}) + std::string(kMaxArray + 1, '\x01'))) ==
          kMalformed);
    CHECK(fault(pong_with(bytes({0xDE, 0x10, 0x01}) + std::string(2 * kMaxArray + 2, '\x01'))) ==
          kMalformed);
    CHECK(fault(bytes({0xDD, 0xFF, 0xFF, 0xFF, 0xFF})) == kMalformed);
    CHECK(fault(bytes({0xDF, 0xFF, 0xFF, 0xFF, 0xFF})) == kMalformed);
}

TEST_CASE("Codec: the values of one envelope are bounded") {
    const std::string inner = bytes({0xDC, 0x10, 0x00}) + std::string(kMaxArray, '\x01');
    std::string frame =
        bytes({0x92, 8, 0x82, 0xA5, 'n', 'o', 'n', 'c', 'e', 5, 0xA1, 'x', 0xDC, 0x00, 0x20});
    for (int count = 0; count < 32; ++count) {
        frame += inner;
    }
    CHECK(fault(frame) == kMalformed);
}

TEST_CASE("Codec: lengths that reach beyond the frame or the limit are refused") {
    const std::string head = bytes({0x98, 3, 1, 1, 0xCC, 200, 1, 0xA0, 0xC4, 0});
    CHECK(fault(head + bytes({0xC6, 0xFF, 0xFF, 0xFF, 0xFF})) == kMalformed);
    CHECK(fault(head + bytes({0xDB, 0x7F, 0xFF, 0xFF, 0xFF, 'a'})) == kMalformed);
    CHECK(fault(head + bytes({0xC9, 0xFF, 0xFF, 0xFF, 0xFF})) == kMalformed);
    CHECK(fault(head + bytes({0xC4})) == kMalformed);
}

TEST_CASE("Codec: a body above the limit is refused although it is there") {
    Reply reply = samples::reply();
    const std::string body(kMaxBytes + 1, '\0');
    reply.body = body;
    std::string frame;
    encode(reply, frame);
    CHECK(fault(frame) == kMalformed);
}

TEST_CASE("Codec: a frame that is cut at any byte is a fault") {
    for (const std::string& frame : samples::frames()) {
        for (std::size_t size = 1; size < frame.size(); ++size) {
            const std::vector<char> cut(frame.begin(),
                                        frame.begin() + static_cast<std::ptrdiff_t>(size));
            REQUIRE(refused({cut.data(), cut.size()}));
        }
    }
}

TEST_CASE("Codec: no changed byte crashes the reader or leads it out of the frame") {
    for (const std::string& frame : samples::frames()) {
        for (std::size_t index = 0; index < frame.size(); ++index) {
            for (int byte = 0; byte < 256; ++byte) {
                std::string changed = frame;
                changed[index] = static_cast<char>(byte);
                read_and_touch(changed);
            }
        }
    }
}

TEST_CASE("Codec: no random damage crashes the reader or leads it out of the frame") {
    std::mt19937 random(
        20240711);  // NOLINT(bugprone-random-generator-seed): the same frames in each run
    const std::vector<std::string> frames = samples::frames();
    for (int round = 0; round < 20'000; ++round) {
        std::string frame = frames[random() % frames.size()] + frames[random() % frames.size()];
        for (auto edits = random() % 6; edits > 0; --edits) {
            frame[random() % frame.size()] = static_cast<char>(random());
        }
        frame.erase(random() % frame.size(), random() % 4);
        frame.insert(random() % (frame.size() + 1), random() % 4, static_cast<char>(random()));
        read_and_touch(frame);
    }
}

TEST_CASE("Codec: no random bytes crash the reader or lead it out of the frame") {
    std::mt19937 random(7);  // NOLINT(bugprone-random-generator-seed): the same frames in each run
    for (int round = 0; round < 20'000; ++round) {
        std::string frame(1 + random() % 64, '\0');
        for (char& byte : frame) {
            byte = static_cast<char>(random());
        }
        frame[0] = static_cast<char>(0x90 + random() % 16);
        read_and_touch(frame);
    }
}
