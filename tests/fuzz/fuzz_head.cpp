// The head parser: its result does not depend on how the bytes arrive, and what it accepts is what
// head.hpp says.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/fuzz/check.hpp"

#include "gateway/http/char_class.hpp"
#include "gateway/http/head.hpp"
#include "proto/path.hpp"

namespace {

using namespace typhon::http;

constexpr HeadLimits kLimits{.max_head = 4096, .max_fields = 20, .max_target = 1024};

/// Parses what has arrived after each of three reads; the bytes move each time.
Head::Status parse_in_pieces(Head& head, std::string_view bytes, std::string& moved) {
    for (const std::size_t part : {bytes.size() / 3, bytes.size() / 2, bytes.size()}) {
        moved = std::string(bytes.substr(0, part));
        const Head::Status status = head.parse(moved, kLimits);
        if (status != Head::Status::incomplete) {
            return status;
        }
    }
    return Head::Status::incomplete;
}

void check_accepted(const Head& head, std::string_view bytes) {
    FUZZ_CHECK(head.size() <= bytes.size());
    FUZZ_CHECK(head.size() <= kLimits.max_head);
    FUZZ_CHECK(head.fields().size() <= kLimits.max_fields);
    FUZZ_CHECK(head.target().size() <= kLimits.max_target);
    FUZZ_CHECK(is_token(head.method()));
    FUZZ_CHECK(!head.path().empty());
    FUZZ_CHECK(head.framing() != Framing::length || head.content_length() > 0);
    FUZZ_CHECK(head.framing() != Framing::chunked || !head.http_1_0());
    std::size_t framing_fields = 0;
    std::size_t hosts = 0;
    for (const Field& field : head.fields()) {
        FUZZ_CHECK(is_token(head.view(field.name)));
        FUZZ_CHECK(is_field_value(head.view(field.value)));
        FUZZ_CHECK(head.view(field.value) == trim_ows(head.view(field.value)));
        framing_fields += field.kind == FieldKind::content_length ? 1 : 0;
        hosts += field.kind == FieldKind::host ? 1 : 0;
        (void)head.connection_names(head.view(field.name));
    }
    FUZZ_CHECK(framing_fields + (head.framing() == Framing::chunked ? 1 : 0) <= 1);
    FUZZ_CHECK(hosts == 1 || (hosts == 0 && head.http_1_0()));
    if (head.form() != TargetForm::asterisk) {
        typhon::proto::PathSegments path;
        (void)path.parse(head.path());
    }
}

void check_same(const Head& left, const Head& right) {
    FUZZ_CHECK(left.size() == right.size());
    FUZZ_CHECK(left.method() == right.method());
    FUZZ_CHECK(left.path() == right.path());
    FUZZ_CHECK(left.query() == right.query());
    FUZZ_CHECK(left.framing() == right.framing());
    FUZZ_CHECK(left.keep_alive() == right.keep_alive());
    FUZZ_CHECK(left.fields().size() == right.fields().size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    Head whole;
    Head pieces;
    std::string moved;
    const Head::Status status = whole.parse(bytes, kLimits);
    FUZZ_CHECK(parse_in_pieces(pieces, bytes, moved) == status);
    FUZZ_CHECK((status == Head::Status::fault) == static_cast<bool>(whole.fault()));
    FUZZ_CHECK(whole.fault().status == pieces.fault().status);
    if (status == Head::Status::complete) {
        check_accepted(whole, bytes);
        check_same(whole, pieces);
    }
    FUZZ_CHECK(status != Head::Status::incomplete || size <= kLimits.max_head);
    return 0;
}
