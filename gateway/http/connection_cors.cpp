// How a connection serves scripts of other origins: which fields its answers get, and the answer to
// a preflight (the Fetch standard, section 3.2).
#include "gateway/http/char_class.hpp"
#include "gateway/http/connection.hpp"
#include "proto/codec.hpp"

namespace typhon::http {

namespace {

constexpr std::string_view kAllowOrigin = "access-control-allow-origin";

/// The Origin of a request; empty when it has none, or several.
std::string_view origin_of(const Head& head) noexcept {
    std::string_view origin;
    for (const Field& field : head.fields()) {
        if (field.kind == FieldKind::origin) {
            if (!origin.empty()) {
                return {};
            }
            origin = head.view(field.value);
        }
    }
    return origin;
}

}  // namespace

/// Takes from the head what the answer will depend on beside the route, when an option wants that.
void Connection::negotiate() {
    exchange_.coding = Coding::identity;
    exchange_.varies = false;
    if (state_->options.compress) {
        exchange_.accepted = accepted_codings(*head_);
    }
    exchange_.cors = state_->cors.lines(origin_of(*head_));
}

bool Connection::is_preflight() const noexcept {
    if (head_->method() != "OPTIONS" || origin_of(*head_).empty()) {
        return false;
    }
    for (const Field& field : head_->fields()) {
        if (equals_lower(head_->view(field.name), "access-control-request-method")) {
            return true;
        }
    }
    return false;
}

/// For each route, whether it is there or not: the request itself will tell.
Connection::Target Connection::answer_preflight() {
    settle_unread_body();
    settle_keep_alive();
    AnswerHead head(state_->output, exchange_, 204, state_->date_line());
    head.lines(state_->cors.preflight_lines(origin_of(*head_)));
    head.end(0);
    return Target::answered;
}

/// A handler that allows an origin by itself has the word.
void Connection::yield_cors_to(const Response& response) noexcept {
    if (response.has_header("Access-Control-Allow-Origin")) {
        exchange_.cors = {};
    }
}

void Connection::yield_cors_to(const proto::Reply& reply) noexcept {
    proto::HeaderBlockReader reader(reply.headers);
    std::string_view name;
    std::string_view value;
    while (reader.next(name, value)) {
        if (equals_lower(name, kAllowOrigin)) {
            exchange_.cors = {};
        }
    }
}

}  // namespace typhon::http
