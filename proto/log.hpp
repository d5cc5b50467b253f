// The log of a process: one spdlog logger to standard error, lines for people.
#pragma once

#include <string>

namespace typhon::proto {

/// Sets level and form of the default logger of `process`, "gateway" or "worker". `level` is one of
/// trace, debug, info, warn, error, off; anything else throws std::invalid_argument. Once, before
/// threads start. What cannot be written is lost, and never stops the process: see LogStream.
void set_up_log(const std::string& process, const std::string& level);

}  // namespace typhon::proto
