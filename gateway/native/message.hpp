// What a native handler sees: cpp-httplib's request and response with Typhon's additions. The only
// file of the front that names httplib, so that any handler written for cpp-httplib compiles
// unchanged.
//
// Objects belong to the thread that runs the handler. Those of inline handlers are reused from
// request to request: a handler keeps no reference to them after it returns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include <httplib.h>
#include <nlohmann/json.hpp>

#include "proto/deadline.hpp"

namespace typhon {

using DataSink = httplib::DataSink;
using QueryParams = httplib::Params;
using UploadedFile = httplib::MultipartFormData;
using UploadedFiles = httplib::MultipartFormDataMap;

/// Thrown by a handler (or by json()): the client gets `status` and the error form with `text`.
class HttpError : public std::runtime_error {
public:
    HttpError(int status, const std::string& text) : std::runtime_error(text), status_(status) {}
    [[nodiscard]] int status() const noexcept { return status_; }

private:
    int status_;
};

struct Request : httplib::Request {
    std::map<std::string, std::string> path_params;  // converted values as text
    proto::Deadline deadline;
    std::uint64_t id = 0;
    std::string_view scheme = "http";  // or "https": how the client came, as far as is known
    std::string given_id;              // X-Request-Id, when it was accepted

    /// The body as JSON. Throws HttpError: 415 when the content type is not JSON, 400 with the
    /// byte position when the body does not parse or nests deeper than kMaxJsonDepth.
    [[nodiscard]] nlohmann::json json() const;

    /// In answers and logs: given_id, else 16 hex digits of id.
    [[nodiscard]] std::string name() const;

    /// Back to the state of a new object; memory is kept unless it is that of a large body.
    void clear();
};

struct Response : httplib::Response {
    Response() { status = 200; }

    // These four are cpp-httplib's, but for one thing: there a value with a line break is left out
    // without a word, here it stays, and the front answers 500 and logs it.
    void set_header(const std::string& name, const std::string& value);
    void set_redirect(const std::string& url, int redirect_status = 302);
    void set_content(std::string text, const std::string& content_type);
    void set_content(const char* text, std::size_t size, const std::string& content_type);

    /// JSON text as the body.
    void set_json(std::string text);

    [[nodiscard]] bool has_provider() const { return static_cast<bool>(content_provider_); }

    /// Back to the state of a new object, memory kept. A releaser that was not called is called.
    void clear();
};

using Handler = std::function<void(const Request&, Response&)>;

inline constexpr std::size_t kMaxJsonDepth = 256;

/// The deepest nesting of brackets and braces outside strings. Pure.
[[nodiscard]] std::size_t json_depth(std::string_view text) noexcept;

/// True for application/json and for types that end in +json (RFC 6839), parameters ignored.
[[nodiscard]] bool is_json_type(std::string_view content_type) noexcept;

}  // namespace typhon
