#include "gateway/http/answer_head.hpp"

#include <array>
#include <charconv>

#include "gateway/http/char_class.hpp"
#include "gateway/http/entity_tag.hpp"
#include "gateway/http/field_kind.hpp"
#include "proto/codec.hpp"
#include "proto/errors.hpp"
#include "proto/request_id.hpp"

namespace typhon::http {

namespace {

void append_number(std::string& out, std::uint64_t number) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

}  // namespace

AnswerHead::AnswerHead(std::string& out,
                       const Exchange& exchange,
                       int status,
                       std::string_view date_line)
    : out_(out), exchange_(exchange), status_(status) {
    exchange_.written.size = out_.size();  // where it begins, until it ends
    if (status == 200) {
        out_ += "HTTP/1.1 200 OK\r\n";
    } else {
        out_ += "HTTP/1.1 ";
        append_number(out_, static_cast<std::uint64_t>(status));
        out_ += ' ';
        out_ += proto::reason_phrase(status);
        out_ += "\r\n";
    }
    out_ += date_line;
}

void AnswerHead::field(std::string_view name, std::string_view value) {
    out_ += name;
    out_ += ": ";
    out_ += value;
    out_ += "\r\n";
}

bool AnswerHead::handler_field(std::string_view name, std::string_view value) {
    if (!is_token(name) || !is_field_value(value)) {
        return false;
    }
    const FieldKind kind = field_kind(name);
    if (kind == FieldKind::etag && exchange_.coding != Coding::identity) {
        field(name, weak_tag(value));
    } else if (!is_reserved_in_answer(kind)) {
        field(name, value);
    }
    return true;
}

bool AnswerHead::handler_fields(std::string_view block) {
    proto::HeaderBlockReader reader(block);
    std::string_view name;
    std::string_view value;
    while (reader.next(name, value)) {
        if (!handler_field(name, value)) {
            return false;
        }
    }
    return !reader.failed();
}

void AnswerHead::end(std::uint64_t size) {
    if (!is_bodiless(status_)) {
        out_ += "Content-Length: ";
        append_number(out_, has_empty_body(status_) ? 0 : size);
        out_ += "\r\n";
    }
    end_lines();
}

void AnswerHead::end_of_unknown() {
    end_lines();
}

void AnswerHead::end_without_length() {
    if (has_empty_body(status_)) {
        end(0);
        return;
    }
    if (!exchange_.http_1_0 && !is_bodiless(status_)) {
        out_ += "Transfer-Encoding: chunked\r\n";
    }
    end_lines();
}

void AnswerHead::add_exchange_fields() {
    if (exchange_.coding != Coding::identity) {
        field("Content-Encoding", coding_name(exchange_.coding));
    }
    if (exchange_.varies) {
        field("Vary", "Accept-Encoding");
    }
    lines(exchange_.cors);
}

void AnswerHead::end_lines() {
    if (exchange_.has_fields()) {
        add_exchange_fields();
    }
    if (!exchange_.keep_alive) {
        out_ += "Connection: close\r\n\r\n";
    } else if (exchange_.http_1_0) {
        out_ += "Connection: keep-alive\r\n\r\n";
    } else {
        out_ += "\r\n";
    }
    exchange_.written = {status_, out_.size() - exchange_.written.size};
}

void write_error(std::string& out,
                 const Exchange& exchange,
                 const ErrorAnswer& error,
                 std::string_view date_line) {
    const std::string body =
        proto::error_body(error.text, proto::request_name(exchange.id, exchange.given_id));
    AnswerHead head(out, exchange, error.status, date_line);
    head.field("Content-Type", "application/json");
    if (!error.allow.empty()) {
        head.field("Allow", error.allow);
    }
    if (!error.accept_encoding.empty()) {
        head.field("Accept-Encoding", error.accept_encoding);
    }
    if (!error.content_range.empty()) {
        head.field("Content-Range", error.content_range);
    }
    if (error.status == 426) {  // RFC 9110 section 15.5.22, RFC 6455 section 4.2.2
        head.field("Connection", "Upgrade");
        head.field("Upgrade", "websocket");
        head.field("Sec-WebSocket-Version", "13");
    }
    if (error.retry_after_s != 0) {
        head.field("Retry-After", std::to_string(error.retry_after_s));
    }
    head.end(body.size());
    if (sends_body(exchange, error.status)) {
        out += body;
    }
}

void write_options(std::string& out,
                   const Exchange& exchange,
                   std::string_view allow,
                   std::string_view date_line) {
    AnswerHead head(out, exchange, 204, date_line);
    head.field("Allow", allow);
    head.end(0);
}

}  // namespace typhon::http
