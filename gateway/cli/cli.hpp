// The command line of `typhon`: what the main program has to do, or that it is done.
//
//     auto command = typhon::cli::parse(argc, argv);
//     if (const int* code = std::get_if<int>(&command)) { return *code; }
//     const auto& serve = std::get<typhon::cli::ServeCommand>(command);
#pragma once

#include <variant>

#include "gateway/options.hpp"

namespace typhon::cli {

/// Run the gateway: every path is absolute and checked, the run directory is named and not made.
struct ServeCommand {
    Options options;
};

/// Reads the command line. A client command (reload, scale, status, routes, stop), --help and a
/// fault are dealt with here: the result is then the exit code, and what there was to say is on
/// stdout or stderr. Opens /dev/null for a closed stdin, stdout or stderr. From the main thread,
/// before any other is started.
[[nodiscard]] std::variant<ServeCommand, int> parse(int argc, const char* const* argv);

/// Says `text` on stderr as this program does: "typhon: TEXT".
void complain(const char* text);

}  // namespace typhon::cli
