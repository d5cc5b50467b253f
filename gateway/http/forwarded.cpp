#include "gateway/http/forwarded.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "gateway/http/char_class.hpp"
#include "gateway/http/head.hpp"

namespace typhon::http {

namespace {

/// What one proxy said of the request as it came to it.
struct Hop {
    std::string_view address;
    std::string_view proto;
    std::string_view host;
};

struct Node {
    std::string_view ip;
    int port = 0;
};

/// One past the end of a piece that ends at `mark` outside quotes.
std::size_t piece_end(std::string_view text, char mark) {
    bool quoted = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (quoted && text[at] == '\\') {
            ++at;
        } else if (text[at] == '"') {
            quoted = !quoted;
        } else if (!quoted && text[at] == mark) {
            return at;
        }
    }
    return text.size();
}

/// The next piece of a list; empty pieces too.
std::string_view take_piece(std::string_view& text, char mark) {
    const std::size_t end = piece_end(text, mark);
    const std::string_view piece = trim_ows(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
    return piece;
}

/// Without its quotes. What is escaped inside them is no address, scheme or host, and stays so.
std::string_view unquoted(std::string_view value) {
    const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
    return quoted ? value.substr(1, value.size() - 2) : value;
}

Hop read_element(std::string_view element) {
    Hop hop;
    while (!element.empty()) {
        const std::string_view pair = take_piece(element, ';');
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos) {
            continue;
        }
        const std::string_view name = pair.substr(0, equals);
        const std::string_view value = unquoted(pair.substr(equals + 1));
        if (equals_lower(name, "for")) {
            hop.address = value;
        } else if (equals_lower(name, "proto")) {
            hop.proto = value;
        } else if (equals_lower(name, "host")) {
            hop.host = value;
        }
    }
    return hop;
}

std::vector<std::string_view> elements_of(const std::vector<std::string_view>& values) {
    std::vector<std::string_view> all;
    for (std::string_view value : values) {
        while (!value.empty()) {
            const std::string_view element = take_piece(value, ',');
            if (!element.empty()) {
                all.push_back(element);
            }
        }
    }
    return all;
}

/// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80".
std::optional<Node> read_node(std::string_view text) {
    Node node{text, 0};
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) {
            return std::nullopt;
        }
        node.ip = text.substr(1, end - 1);
        port = text.substr(end + 1);
    } else if (std::count(text.begin(), text.end(), ':') == 1) {
        node.ip = text.substr(0, text.find(':'));
        port = text.substr(text.find(':'));
    }
    if (!port.empty()) {
        const char* end = port.data() + port.size();
        const auto [rest, fault] = std::from_chars(port.data() + 1, end, node.port);
        const bool obscured = port.starts_with(":_");  // RFC 7239 section 6.2
        const bool good = fault == std::errc{} && rest == end && node.port <= 65535;
        if (port.front() != ':' || (!good && !obscured)) {
            return std::nullopt;
        }
        node.port = good ? node.port : 0;
    }
    return node;
}

std::string_view scheme_of(std::string_view text) {
    return equals_lower(text, "https") ? "https" : equals_lower(text, "http") ? "http" : "";
}

/// The value that belongs to the proxy `back` from the right, or to the one that is farthest off.
std::string_view value_at(const std::vector<std::string_view>& values, std::size_t back) {
    return values.empty() ? std::string_view()
                          : values[values.size() - 1 - std::min(back, values.size() - 1)];
}

/// Walks from the right while the proxies are trusted. The result is the last element that one of
/// them added, counted from the right.
std::size_t walk(const std::vector<std::string_view>& addresses,
                 const NetworkSet& trusted,
                 Forwarded& found) {
    std::size_t back = 0;
    for (; back < addresses.size(); ++back) {
        const auto node = read_node(addresses[addresses.size() - 1 - back]);
        const auto ip = node ? parse_ip(node->ip) : std::nullopt;
        if (!ip) {
            break;
        }
        found.client_ip = node->ip;
        found.client_port = node->port;
        if (!trusted.contains(*ip)) {
            return back;
        }
    }
    return std::min(back, std::max<std::size_t>(addresses.size(), 1) - 1);
}

void set_scheme_and_host(Forwarded& found, std::string_view proto, std::string_view host) {
    found.scheme = scheme_of(proto);
    if (!host.empty() && is_host(host)) {
        found.host = host;
    }
}

Forwarded read_rfc_7239(const std::vector<std::string_view>& values, const NetworkSet& trusted) {
    std::vector<Hop> hops;
    std::vector<std::string_view> addresses;
    for (const std::string_view element : elements_of(values)) {
        hops.push_back(read_element(element));
        addresses.push_back(hops.back().address);
    }
    Forwarded found;
    if (!hops.empty()) {
        const std::size_t back = walk(addresses, trusted, found);
        const Hop& hop = hops[hops.size() - 1 - back];
        set_scheme_and_host(found, hop.proto, hop.host);
    }
    return found;
}

}  // namespace

bool ForwardedFields::take(std::string_view name, std::string_view value) {
    std::vector<std::string_view>* list = equals_lower(name, "forwarded")           ? &forwarded
                                          : equals_lower(name, "x-forwarded-for")   ? &x_for
                                          : equals_lower(name, "x-forwarded-proto") ? &x_proto
                                          : equals_lower(name, "x-forwarded-host")  ? &x_host
                                                                                    : nullptr;
    if (list != nullptr) {
        list->push_back(value);
    }
    return list != nullptr;
}

Forwarded read_forwarded(const ForwardedFields& fields, ForwardedBy by, const NetworkSet& trusted) {
    const bool has_x = !fields.x_for.empty() || !fields.x_proto.empty() || !fields.x_host.empty();
    if (by == ForwardedBy::forwarded || (by == ForwardedBy::either && !has_x)) {
        return read_rfc_7239(fields.forwarded, trusted);
    }
    Forwarded found;
    const std::size_t back = walk(elements_of(fields.x_for), trusted, found);
    set_scheme_and_host(found,
                        value_at(elements_of(fields.x_proto), back),
                        value_at(elements_of(fields.x_host), back));
    return found;
}

}  // namespace typhon::http
