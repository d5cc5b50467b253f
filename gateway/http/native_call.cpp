#include "gateway/http/native_call.hpp"

#include <exception>

#include <spdlog/spdlog.h>

#include "gateway/http/char_class.hpp"
#include "gateway/http/multipart.hpp"
#include "gateway/http/socket_address.hpp"
#include "proto/errors.hpp"
#include "proto/printable.hpp"
#include "proto/request_id.hpp"

namespace typhon::http {

namespace {

/// Adds at most `most` parameters. False when there are more.
bool parse_query(std::string_view query, std::size_t most, QueryParams& params) {
    while (!query.empty()) {
        const std::size_t end = query.find('&');
        const std::string_view pair = query.substr(0, end);
        query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
        if (pair.empty()) {
            continue;
        }
        if (most-- == 0) {
            return false;
        }
        const std::size_t equals = pair.find('=');
        const std::string_view value =
            equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
        params.emplace(proto::percent_decode(pair.substr(0, equals), true),
                       proto::percent_decode(value, true));
    }
    return true;
}

void assign_path(std::string& out, const Head& head, const proto::PathSegments& path) {
    if (path.plain()) {
        out.assign(head.path());
        return;
    }
    out.clear();
    for (const std::string_view segment : path.segments()) {
        out += '/';
        out += segment;
    }
}

void answer_with_error(const Request& request,
                       Response& response,
                       int status,
                       std::string_view text) {
    response.clear();
    response.status = status;
    response.set_json(proto::error_body(text, request.name()));
}

void answer_internal(const Request& request, Response& response, const char* what) {
    spdlog::error("{} {}: the handler failed: {} (request {})",
                  proto::printable(request.method),
                  proto::printable(request.path),
                  proto::printable(what),
                  request.name());
    answer_with_error(request, response, 500, proto::error_info(proto::ErrorCode::internal).text);
}

}  // namespace

std::string Peer::text() const {
    return ip.empty() ? std::string() : place_text(ip, static_cast<std::uint16_t>(port));
}

Peer peer_of(int fd) {
    const SocketAddress address = peer_address(fd).value_or(SocketAddress());
    return {.ip = address.is_ip() ? address.ip.to_string() : std::string(),
            .port = address.port,
            .is_unix = address.family == AF_UNIX};
}

void fill_request(Request& request,
                  const Head& head,
                  const proto::PathSegments& path,
                  const proto::Params& params,
                  const Peer& peer) {
    request.method.assign(head.method());
    request.target.assign(head.target());
    request.version = head.http_1_0() ? "HTTP/1.0" : "HTTP/1.1";
    assign_path(request.path, head, path);
    for (const Field& field : head.fields()) {
        request.headers.emplace(head.view(field.name), head.view(field.value));
    }
    (void)parse_query(head.query(), head.query().size(), request.params);
    fill_path_params(params, request.path_params);
    request.remote_addr = peer.ip;
    request.remote_port = peer.port;
}

Fault fill_from_body(Request& request) {
    if (request.body.empty()) {
        return {};
    }
    const auto field = request.headers.find("Content-Type");
    if (field == request.headers.end()) {
        return {};
    }
    const std::string_view type = field->second;
    const std::string_view bare = trim_ows(type.substr(0, type.find(';')));
    if (equals_lower(bare, "application/x-www-form-urlencoded")) {
        const bool fits = parse_query(request.body, kMaxFormFields, request.params);
        return fits ? Fault{} : Fault{413, "the form has more than 1000 fields"};
    }
    if (equals_lower(bare, "multipart/form-data")) {
        return parse_multipart(request.body, multipart_boundary(type), request.files);
    }
    return {};
}

void run_handler(const Handler& handler, const Request& request, Response& response) noexcept {
    try {
        handler(request, response);
    } catch (const HttpError& error) {
        answer_with_error(request, response, error.status(), error.what());
    } catch (const std::exception& error) {
        answer_internal(request, response, error.what());
    } catch (...) {
        answer_internal(request, response, "unknown exception");
    }
}

bool begin_answer(std::string& out,
                  const Exchange& exchange,
                  const Response& response,
                  std::string_view date_line) {
    const std::size_t start = out.size();
    bool good = response.status >= 200 && response.status <= 599;
    if (good) {
        AnswerHead head(out, exchange, response.status, date_line);
        for (const auto& [name, value] : response.headers) {
            good = good && head.handler_field(name, value);
        }
    }
    if (!good) {
        out.resize(start);
        spdlog::error("A handler's status or header fields cannot be sent (request {})",
                      proto::request_name(exchange.id, exchange.given_id));
    }
    return good;
}

}  // namespace typhon::http
