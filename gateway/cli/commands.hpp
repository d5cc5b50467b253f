// The client commands: find the running gateway, ask it over its admin socket, print the answer.
#pragma once

#include <iosfwd>
#include <string>

#include "gateway/cli/command_line.hpp"

namespace typhon::cli {

/// Runs "reload", "scale", "status", "routes" or "stop". The result is the exit code; what there is
/// to say goes to `out`. Throws CommandError: kNotRunning when no gateway is found, and kUsage.
/// Blocks until the outcome is known.
[[nodiscard]] int run_client(const std::string& command,
                             const ClientWords& words,
                             std::ostream& out,
                             std::ostream& err);

}  // namespace typhon::cli
