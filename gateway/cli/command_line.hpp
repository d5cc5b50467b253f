// The words of a command as values: flags, then environment, then typhon.toml. The only file that
// names CLI11.
//
// It does not look at the file system but for the configuration file; resolve.hpp does. Reads the
// environment: not while another thread changes it.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "gateway/options.hpp"

namespace typhon::cli {

using Words = std::vector<std::string>;  // without program and command

/// What a client command was given.
struct ClientWords {
    std::string run_dir;  // as given; empty: by port
    std::uint16_t port = 3000;
    bool json = false;          // status
    std::uint32_t workers = 0;  // scale
    Milliseconds timeout{0};    // stop
};

/// Text to print instead of running the command (--help); exit code 0.
struct HelpText {
    std::string text;
};

/// Throws CommandError with kUsage for an unknown flag or key and for a bad value; the sentence
/// names it.
[[nodiscard]] std::variant<Options, HelpText> parse_serve(const Words& words);

/// The same for a client command: "reload", "scale", "status", "routes" or "stop".
[[nodiscard]] std::variant<ClientWords, HelpText> parse_client(const std::string& command,
                                                               const Words& words);

}  // namespace typhon::cli
