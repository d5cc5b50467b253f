// Whom a connection takes for the client: the peer, or whom a trusted proxy names.
#include "gateway/http/connection.hpp"
#include "gateway/http/forwarded.hpp"

namespace typhon::http {

bool Connection::peer_is_trusted() const {
    const NetworkSet& trusted = state_->options.trusted_proxies;
    if (trusted.empty()) {
        return false;
    }
    const auto ip = parse_ip(peer_.ip);
    return ip ? trusted.contains(*ip) : peer_.is_unix && trusted.has_unix();
}

Origin Connection::origin() const {
    Origin origin{peer_, secured() ? kHttps : kHttp, {}};
    if (!trusted_) {
        return origin;
    }
    ForwardedFields fields;
    for (const Field& field : head_->fields()) {
        if (field.kind == FieldKind::other) {
            fields.take(head_->view(field.name), head_->view(field.value));
        }
    }
    Forwarded said =
        read_forwarded(fields, state_->options.forwarded_by, state_->options.trusted_proxies);
    if (!said.client_ip.empty()) {
        origin.peer = {std::move(said.client_ip), said.client_port, false};
    }
    origin.scheme = said.scheme.empty() ? origin.scheme : said.scheme;
    origin.host = std::move(said.host);
    return origin;
}

void fill_origin(Request& request, const Origin& origin) {
    request.remote_addr = origin.peer.ip;
    request.remote_port = origin.peer.port;
    request.scheme = origin.scheme;
    if (!origin.host.empty()) {
        request.headers.erase("Host");
        request.headers.emplace("Host", origin.host);
    }
}

}  // namespace typhon::http
