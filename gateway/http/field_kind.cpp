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
            return to_lower(name.front()) == 'h' ? when(name, "host", FieldKind::host)
                                                 : when(name, "date", FieldKind::date);
        case 6:
            return when(name, "expect", FieldKind::expect);
        case 7:
            return to_lower(name.front()) == 't' ? when(name, "trailer", FieldKind::trailer)
                                                 : when(name, "upgrade", FieldKind::upgrade);
        case 10:
            return to_lower(name.front()) == 'c' ? when(name, "connection", FieldKind::connection)
                                                 : when(name, "keep-alive", FieldKind::keep_alive);
        case 14:
            return when(name, "content-length", FieldKind::content_length);
        case 16:
            return to_lower(name.front()) == 'p'
                       ? when(name, "proxy-connection", FieldKind::proxy_connection)
                       : when(name, "content-encoding", FieldKind::content_encoding);
        case 17:
            return when(name, "transfer-encoding", FieldKind::transfer_encoding);
        default:
            return FieldKind::other;
    }
}

}  // namespace typhon::http
