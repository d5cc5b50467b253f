// A native handler's call: the parsed head becomes a Request, the Response becomes bytes, and every
// fault of a handler becomes an answer.
//
// Where handlers run is decided by the connection. Any thread, each with its own objects.
#pragma once

#include <string>
#include <string_view>

#include "gateway/http/answer_head.hpp"
#include "gateway/http/head.hpp"
#include "gateway/native/message.hpp"
#include "gateway/native/native_router.hpp"
#include "proto/path.hpp"
#include "proto/router.hpp"

namespace typhon::http {

/// The address of a client, as text.
struct Peer {
    std::string ip;  // "127.0.0.1", "::1"; empty when it has none
    int port = 0;
    bool is_unix = false;  // of a unix socket

    /// "127.0.0.1:5123", "[::1]:5123"; empty without an address.
    [[nodiscard]] std::string text() const;
};

/// The address at the other end of the socket `fd`. Never fails: empty when there is none.
[[nodiscard]] Peer peer_of(int fd);

/// Fills all of `request` (cleared before) but its body.
void fill_request(Request& request,
                  const Head& head,
                  const proto::PathSegments& path,
                  const proto::Params& params,
                  const Peer& peer);

/// The most fields of a urlencoded form, and parts of another one (kMaxParts).
inline constexpr std::size_t kMaxFormFields = 1000;

/// Reads what the body holds beside JSON: form fields into params, multipart parts into files. A
/// fault when there are too many, or a part's head is too large; some of them have been read then.
[[nodiscard]] Fault fill_from_body(Request& request);

/// Runs the handler. An HttpError becomes its answer in the error form; any other exception is
/// logged with the request's id and becomes a 500. Never throws.
void run_handler(const Handler& handler, const Request& request, Response& response) noexcept;

/// Appends status, Date and the handler's fields to `out`; the caller ends the head. False, with a
/// log line and nothing appended, when the handler's status or fields cannot be sent: then answer
/// 500.
[[nodiscard]] bool begin_answer(std::string& out,
                                const Exchange& exchange,
                                const Response& response,
                                std::string_view date_line);

}  // namespace typhon::http
