// Writes the head of an answer. Pure: bytes are appended to a string that the caller sends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/http/content_coding.hpp"

namespace typhon::http {

/// The interim answer that a client may wait for; it counts as no part of an answer.
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

/// What has been written of an answer: its last head.
struct WrittenHead {
    int status = 0;        // 0: none
    std::size_t size = 0;  // bytes
};

/// What of a request its answer depends on.
struct Exchange {
    std::uint64_t id = 0;
    std::string given_id{};  // see request_id.hpp; usually empty
    bool keep_alive = true;  // the connection stays open after the answer
    bool is_head = false;    // HEAD: the same head, no body
    bool http_1_0 = false;
    Coding coding = Coding::identity;  // of the answer's body
    bool varies = false;               // another Accept-Encoding would get another body
    AcceptedCodings accepted{};
    std::string_view cors{};        // whole lines of fields
    mutable WrittenHead written{};  // by AnswerHead, which changes nothing else

    /// True when the answer has fields that come from here.
    [[nodiscard]] bool has_fields() const noexcept { return varies || !cors.empty(); }
};

/// True when an answer of this status has neither a body nor a length (RFC 9110 section 6.4.1).
[[nodiscard]] constexpr bool is_bodiless(int status) noexcept {
    return status == 204 || status == 304 || status < 200;
}

/// True when an answer of this status has a body of no bytes (RFC 9110 section 15.3.6).
[[nodiscard]] constexpr bool has_empty_body(int status) noexcept {
    return status == 205;
}

/// True when the body of the answer is sent.
[[nodiscard]] constexpr bool sends_body(const Exchange& exchange, int status) noexcept {
    return !exchange.is_head && !is_bodiless(status) && !has_empty_body(status);
}

class AnswerHead {
public:
    /// Appends status line and Date to `out`. `date_line` comes from DateCache.
    AnswerHead(std::string& out, const Exchange& exchange, int status, std::string_view date_line);

    /// Goes on with a head that begin_answer() has begun.
    [[nodiscard]] static AnswerHead end_of(std::string& out,
                                           const Exchange& exchange,
                                           int status) noexcept {
        return {out, exchange, status};
    }

    /// Appends a field that is known to be good.
    void field(std::string_view name, std::string_view value);

    /// Appends whole lines of fields that are known to be good.
    void lines(std::string_view lines) { out_ += lines; }

    /// Appends a field of a handler. False, and nothing is appended, when name or value could split
    /// the answer. Fields that the front writes itself are skipped. The ETag of a body that the
    /// front codes becomes weak (RFC 9110 section 8.8.1): other bytes have it, too.
    [[nodiscard]] bool handler_field(std::string_view name, std::string_view value);

    /// Appends the fields of a header block (proto/PROTOCOL.md 5.3). False when one of them could
    /// split the answer, or the block is broken; those before it are appended.
    [[nodiscard]] bool handler_fields(std::string_view block);

    /// Ends the head of an answer with a body of `size` bytes.
    void end(std::uint64_t size);

    /// Ends the head of an answer to HEAD, when the length of GET's body is not known (RFC 9110
    /// section 8.6).
    void end_of_unknown();

    /// Ends the head of an answer whose length is not known: chunked in HTTP/1.1; in HTTP/1.0 the
    /// end of the connection is the end of the body, and the exchange must not keep it alive.
    void end_without_length();

private:
    AnswerHead(std::string& out, const Exchange& exchange, int status) noexcept
        : out_(out), exchange_(exchange), status_(status) {}
    void end_lines();
    void add_exchange_fields();

    std::string& out_;
    const Exchange& exchange_;
    int status_;
};

/// A whole answer in the error form, with Retry-After when `retry_after_s` is not 0, and with the
/// other fields when they are not empty.
struct ErrorAnswer {
    int status = 500;
    std::string_view text{};
    std::string_view allow{};
    std::string_view accept_encoding{};
    std::string_view content_range{};
    std::uint32_t retry_after_s = 0;
};
void write_error(std::string& out,
                 const Exchange& exchange,
                 const ErrorAnswer& error,
                 std::string_view date_line);

/// A 204 with Allow: the answer to OPTIONS.
void write_options(std::string& out,
                   const Exchange& exchange,
                   std::string_view allow,
                   std::string_view date_line);

}  // namespace typhon::http
