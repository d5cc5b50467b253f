// Where the gateway is to listen, from text: "127.0.0.1:3000", "https://[::]:8443",
// "unix:/run/typhon.sock?mode=666", "systemd". Pure; any thread.
#pragma once

#include <string_view>

#include "gateway/options.hpp"

namespace typhon::cli {

/// One address: an optional "http://" or "https://", then HOST:PORT, :PORT (every IPv4 address),
/// [IPV6]:PORT, unix:PATH with an optional "?mode=OCTAL", or "systemd". Throws
/// std::invalid_argument with one sentence that names the text.
[[nodiscard]] ListenAddress parse_listen(std::string_view text);

/// Makes `listen` all that there is to listen on. --host and --port count when one of them was
/// given, or nothing else was. `port` becomes that of the first TCP address, after which the run
/// directory is named. With a certificate and no https:// address, --host and --port speak TLS.
/// Throws std::invalid_argument when certificate and addresses do not go together.
void settle_listen(Options& options);

}  // namespace typhon::cli
