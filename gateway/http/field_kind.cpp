#include "gateway/http/field_kind.hpp"

#include "gateway/http/char_class.hpp"

namespace typhon::http {

namespace {

constexpr FieldKind when(std::string_view name, std::string_view lower, FieldKind kind) {
    return equals_lower(name, lower) ? kind : FieldKind::other;
}

}  // namespace

FieldKind field_kind(std::string_view name) noexcept {
    switch (name.size()) {
        case 2:
            return when(name, "te", FieldKind::te);
        case 4:
            switch (to_lower(name.front())) {
                case 'h':
                    return when(name, "host", FieldKind::host);
                case 'd':
                    return when(name, "date", FieldKind::date);
                default:
                    return when(name, "etag", FieldKind::etag);
            }
        case 5:
            return when(name, "range", FieldKind::condition);
        case 6:
            return to_lower(name.front()) == 'e' ? when(name, "expect", FieldKind::expect)
                                                 : when(name, "origin", FieldKind::origin);
        case 7:
            return to_lower(name.front()) == 't' ? when(name, "trailer", FieldKind::trailer)
                                                 : when(name, "upgrade", FieldKind::upgrade);
        case 8:
            return to_lower(name.back()) == 'h' ? when(name, "if-match", FieldKind::condition)
                                                : when(name, "if-range", FieldKind::condition);
        case 10:
            return to_lower(name.front()) == 'c' ? when(name, "connection", FieldKind::connection)
                                                 : when(name, "keep-alive", FieldKind::keep_alive);
        case 12:
            return when(name, "x-request-id", FieldKind::request_id);
        case 13:
            return when(name, "if-none-match", FieldKind::condition);
        case 14:
            return when(name, "content-length", FieldKind::content_length);
        case 15:
            return when(name, "accept-encoding", FieldKind::accept_encoding);
        case 16:
            return to_lower(name.front()) == 'p'
                       ? when(name, "proxy-connection", FieldKind::proxy_connection)
                       : when(name, "content-encoding", FieldKind::content_encoding);
        case 17:
            return to_lower(name.front()) == 't'
                       ? when(name, "transfer-encoding", FieldKind::transfer_encoding)
                       : when(name, "if-modified-since", FieldKind::condition);
        case 19:
            return when(name, "if-unmodified-since", FieldKind::condition);
        default:
            return FieldKind::other;
    }
}

}  // namespace typhon::http
