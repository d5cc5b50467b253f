// What a connection does with a request whose head is complete: where it goes, and whether its body
// is read.
#include "gateway/http/connection.hpp"
#include "gateway/http/websocket_handshake.hpp"
#include "proto/errors.hpp"
#include "proto/limits.hpp"

namespace typhon::http {

namespace {

constexpr std::size_t kMaxDiscard = 64U << 10;  // of a body that nobody wants
constexpr std::string_view kAllMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
constexpr std::string_view kHealthyMethods = "GET, HEAD, OPTIONS";

std::string_view text_of(proto::ErrorCode code) {
    return proto::error_info(code).text;
}

bool is_for_python(const proto::PathSegments& path) {
    return path.size() >= 2 && path[0] == "python";
}

/// /openapi.json and /docs, which a worker serves when its application asks for it.
bool is_api_description(const proto::PathSegments& path) {
    return path[0] == "docs" || (path.size() == 1 && path[0] == "openapi.json");
}

}  // namespace

Connection::Step Connection::start_request() {
    exchange_.id = state_->services.ids.next();
    exchange_.given_id = head_->request_id();
    exchange_.keep_alive = head_->keep_alive();
    exchange_.is_head = head_->method() == "HEAD";
    exchange_.http_1_0 = head_->http_1_0();
    request_bytes_ = head_->size();
    if (state_->prepares) {
        prepare();
    }
    target_ = route();
    if (target_ != Target::answered && head_->has_content_coding()) {
        target_ = refuse_coding();
    }
    if (wants_websocket()) {
        const relay::BodyRule rule = websocket_rule();
        if (rule.streams) {
            return start_websocket();
        }
        if (!rule.known) {
            target_ = refuse_unready();
        }  // else it is answered as if no upgrade had been asked for
    }
    if (head_->framing() == Framing::none) {
        return target_ == Target::answered ? Step::answered : serve_request();
    }
    if (target_ == Target::answered) {
        return exchange_.keep_alive ? Step::discard_body : Step::answered;
    }
    if (target_ != Target::python && is_too_large()) {
        target_ = refuse_size();
        return Step::answered;
    }
    if (take_body_at_hand()) {
        return serve_request();
    }
    return target_ == Target::python && streams_body() ? Step::upload : Step::read_body;
}

/// Of the front's own limit; a route may have another one.
bool Connection::is_too_large() const noexcept {
    return head_->framing() == Framing::length &&
           head_->content_length() > state_->options.max_body;
}

relay::BodyRule Connection::upload_rule() const {
    return state_->services.port.body_rule(head_->method(), head_->path());
}

/// A small body of known length is read first, so that no handler waits for a slow client.
bool Connection::streams_body() const {
    const bool small =
        head_->framing() == Framing::length && head_->content_length() <= proto::kMaxChunk;
    return !small && upload_rule().streams;
}

Connection::Target Connection::refuse_size() {
    exchange_.keep_alive = false;
    return answer_unread({.status = 413, .text = text_of(proto::ErrorCode::payload_too_large)});
}

/// Nothing can be said about a path of Python before a worker has told its routes.
Connection::Target Connection::refuse_unready() {
    return answer_unread(
        {.status = 503, .text = text_of(proto::ErrorCode::no_worker), .retry_after_s = 1});
}

Connection::Target Connection::route() {
    if (head_->form() == TargetForm::asterisk) {
        return answer_options(kAllMethods);
    }
    const proto::PathFault fault = state_->path.parse(head_->path());
    if (fault != proto::PathFault::none) {
        return answer_unread({.status = 400, .text = proto::path_fault_text(fault)});
    }
    if (state_->cors.enabled() && is_preflight()) {
        return answer_preflight();
    }
    if (is_too_large()) {
        const relay::BodyRule rule = upload_rule();
        if (!rule.known && is_for_python(state_->path)) {
            return refuse_unready();
        }
        if (head_->content_length() > rule.max_body) {
            return refuse_size();
        }
    }
    const proto::RouteMatch& match = match_native();
    switch (match.outcome) {
        case proto::RouteMatch::Outcome::found:
            native_route_ = match.route;
            return Target::native;
        case proto::RouteMatch::Outcome::method_not_allowed:
            return answer_unread({.status = 405,
                                  .text = text_of(proto::ErrorCode::method_not_allowed),
                                  .allow = match.allow});
        case proto::RouteMatch::Outcome::options:
            return answer_options(match.allow);
        case proto::RouteMatch::Outcome::upgrade_required:  // no native route is one
        case proto::RouteMatch::Outcome::not_found:
            break;
    }
    return route_beyond_native();
}

/// Matches again what another connection may have overwritten while the body was read.
void Connection::route_again() {
    if (target_ == Target::native || target_ == Target::file) {
        (void)state_->path.parse(head_->path());
    }
    if (target_ == Target::native) {
        (void)match_native();
    }
}

const proto::RouteMatch& Connection::match_native() {
    proto::RouteMatch& match = state_->match;
    state_->services.router.match(head_->method(), head_->path(), state_->path, match);
    return match;
}

Connection::Target Connection::route_beyond_native() {
    const proto::PathSegments& path = state_->path;
    const StaticDirectory* root = state_->statics.find(path);
    if (root != nullptr && !root->prefix.empty()) {
        return route_file();
    }
    if (is_for_python(path) || is_api_description(path)) {
        return Target::python;
    }
    if (path.size() != 2 || path[0] != "-" || path[1] != "healthy") {
        if (root != nullptr) {
            return route_file();
        }
        return answer_unread({.status = 404, .text = text_of(proto::ErrorCode::not_found)});
    }
    if (head_->method() == "OPTIONS") {
        return answer_options(kHealthyMethods);
    }
    if (head_->method() != "GET" && head_->method() != "HEAD") {
        return answer_unread({.status = 405,
                              .text = text_of(proto::ErrorCode::method_not_allowed),
                              .allow = kHealthyMethods});
    }
    return Target::healthy;
}

Connection::Step Connection::serve_request() {
    switch (target_) {
        case Target::native:
            return serve_native();
        case Target::healthy:
            answer_healthy();
            break;
        case Target::python:
            return Step::python;
        case Target::file:
            return serve_file();
        case Target::answered:
            break;
    }
    return Step::answered;
}

/// An answer before the body was read: a small body is dropped later, a large one ends the
/// connection.
Connection::Target Connection::answer_unread(const ErrorAnswer& error) {
    settle_unread_body();
    write_error_answer(error);
    return Target::answered;
}

/// Handlers get bodies as they are (RFC 9110 section 15.5.16); without a body the field says
/// nothing.
Connection::Target Connection::refuse_coding() {
    if (head_->framing() == Framing::none) {
        return target_;
    }
    return answer_unread({.status = 415,
                          .text = "A request body must not have a content coding.",
                          .accept_encoding = "identity"});
}

Connection::Target Connection::answer_options(std::string_view allow) {
    settle_unread_body();
    settle_keep_alive();
    write_options(state_->output, exchange_, allow, state_->date_line());
    return Target::answered;
}

void Connection::settle_unread_body() noexcept {
    const bool small = head_->framing() == Framing::length &&
                       head_->content_length() <= kMaxDiscard && !head_->expects_continue();
    if (head_->framing() != Framing::none && !small) {
        exchange_.keep_alive = false;
    }
    unread_body_ = head_->framing() != Framing::none && !exchange_.keep_alive;
}

void Connection::answer_healthy() {
    constexpr std::string_view kBody = R"({"status":"ok"})";
    settle_keep_alive();
    AnswerHead head(state_->output, exchange_, 200, state_->date_line());
    head.field("Content-Type", "application/json");
    head.end(kBody.size());
    if (sends_body(exchange_, 200)) {
        state_->output += kBody;
    }
}

}  // namespace typhon::http
