#include "gateway/cli/listen_address.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string>

#include <sys/un.h>

#include "gateway/cli/values.hpp"

namespace typhon::cli {

namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kMode = "?mode=";
constexpr unsigned kMostMode = 0777;

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
    throw std::invalid_argument("'" + std::string(text) + "' is no address to listen on: " + why);
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
    const bool has = text.starts_with(prefix);
    text.remove_prefix(has ? prefix.size() : 0);
    return has;
}

unsigned parse_mode(std::string_view text, std::string_view digits) {
    unsigned mode = 0;
    const char* end = digits.data() + digits.size();
    const auto [rest, error] = std::from_chars(digits.data(), end, mode, 8);
    if (error != std::errc{} || rest != end || mode > kMostMode) {
        refuse(text, "the mode is three octal digits, such as 660");
    }
    return mode;
}

ListenAddress parse_unix(std::string_view text, std::string_view path) {
    ListenAddress address;
    address.kind = ListenAddress::Kind::unix_socket;
    const std::size_t mark = path.rfind(kMode);
    if (mark != std::string_view::npos) {
        address.mode = parse_mode(text, path.substr(mark + kMode.size()));
        path = path.substr(0, mark);
    }
    if (path.empty() || path.find('\0') != std::string_view::npos) {
        refuse(text, "the path of the socket is missing");
    }
    if (path.size() >= sizeof(sockaddr_un::sun_path)) {
        refuse(text,
               "the path is longer than " + std::to_string(sizeof(sockaddr_un::sun_path) - 1) +
                   " bytes, which is all that a socket's may have");
    }
    address.path = path;
    return address;
}

ListenAddress parse_tcp(std::string_view text, std::string_view place) {
    const std::size_t colon = place.rfind(':');
    if (colon == std::string_view::npos) {
        refuse(text, "it is HOST:PORT, [IPV6]:PORT, unix:PATH or systemd");
    }
    ListenAddress address;
    std::string_view host = place.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    } else if (host.find_first_of(":[]/") != std::string_view::npos) {
        refuse(text, "an IPv6 address is written in brackets, and nothing follows the port");
    }
    address.host = host.empty() ? "0.0.0.0" : host;
    try {
        address.port =
            static_cast<std::uint16_t>(parse_number(place.substr(colon + 1), 0, UINT16_MAX));
    } catch (const std::invalid_argument& error) {
        refuse(text, std::string("its port ") + error.what());
    }
    return address;
}

bool speaks_tls(const ListenAddress& address) {
    // A socket of systemd may, by its name.
    return address.tls || address.kind == ListenAddress::Kind::systemd;
}

void check_tls(const Options& options) {
    if (options.tls_cert.empty() != options.tls_key.empty()) {
        throw std::invalid_argument("--tls-cert and --tls-key belong together: one is missing");
    }
    const bool certain = std::any_of(options.listen.begin(),
                                     options.listen.end(),
                                     [](const ListenAddress& address) { return address.tls; });
    if (certain && options.tls_cert.empty()) {
        throw std::invalid_argument("--listen https:// needs --tls-cert and --tls-key");
    }
    if (!options.tls_cert.empty() &&
        std::none_of(options.listen.begin(), options.listen.end(), speaks_tls)) {
        throw std::invalid_argument(
            "--tls-cert is given, but no address of --listen begins with https://");
    }
}

}  // namespace

ListenAddress parse_listen(std::string_view text) {
    std::string_view place = text;
    const bool tls = take_prefix(place, "https://");
    if (!tls) {
        take_prefix(place, "http://");
    }
    ListenAddress address;
    if (place == "systemd") {
        address.kind = ListenAddress::Kind::systemd;
    } else if (take_prefix(place, kUnix)) {
        address = parse_unix(text, place);
    } else {
        address = parse_tcp(text, place);
    }
    address.tls = tls;
    return address;
}

void settle_listen(Options& options) {
    const bool has_tls = std::any_of(options.listen.begin(), options.listen.end(), speaks_tls);
    if (options.host_or_port_given || options.listen.empty()) {
        ListenAddress address;
        address.host = options.host;
        address.port = options.port;
        address.tls = !options.tls_cert.empty() && !has_tls;
        options.listen.insert(options.listen.begin(), address);
    }
    check_tls(options);
    const auto tcp =
        std::find_if(options.listen.begin(), options.listen.end(), [](const ListenAddress& each) {
            return each.kind == ListenAddress::Kind::tcp;
        });
    if (tcp != options.listen.end()) {
        options.port = tcp->port;
    }
}

}  // namespace typhon::cli
