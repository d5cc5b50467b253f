// The one table of errors that a client can see: name, HTTP status, retry advice and public text.
//
// Used by the gateway and by the worker, so that the same fault reads the same whoever reports it.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace typhon::proto {

enum class ErrorCode : std::uint8_t {
    none,
    bad_request,
    not_found,
    method_not_allowed,
    request_timeout,
    length_required,
    payload_too_large,
    uri_too_long,
    unsupported_media_type,
    expectation_failed,
    upgrade_required,  // 426: a WebSocket is there, and nothing else
    too_many_requests,
    head_too_large,
    internal,
    not_implemented,
    worker_died,           // 502: the handler was running when its worker died
    bad_reply,             // 502: the worker's reply broke the protocol or a limit
    no_worker,             // 503: no worker can serve (failed start)
    queue_full,            // 503
    stopping,              // 503
    too_many_connections,  // 503
    deadline,              // 504
    version_not_supported,
    client_left,  // never sent; the client is gone
};

struct ErrorInfo {
    std::string_view name;  // stable, for logs and metrics: "queue_full"
    int status;             // HTTP status code
    bool retryable;         // true: sent with Retry-After
    std::string_view text;  // what the client reads
};

/// The table row of `code`. Never fails.
[[nodiscard]] const ErrorInfo& error_info(ErrorCode code) noexcept;

/// The error body of gateway and framework: `{"error": TEXT, "request_id": "NAME"}`. `text` is
/// UTF-8 (bad bytes are replaced), `request_name` is as request_id.hpp gives it.
[[nodiscard]] std::string error_body(std::string_view text, std::string_view request_name);

/// The text form of the gateway's number of a request: 16 lower-case hex digits.
[[nodiscard]] std::string request_id_text(std::uint64_t id);

/// The reason phrase of RFC 9110 section 15 for `status`; "Unknown" for a status that it does not
/// name.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

}  // namespace typhon::proto
