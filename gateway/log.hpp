// The gateway's log: one spdlog logger to stderr, asynchronous to nobody, lines for people.
#pragma once

#include <string>

namespace typhon {

/// Sets level and form of the default logger. `level` is one of trace, debug, info, warn, error,
/// off; anything else throws std::invalid_argument. Once, before threads start.
void set_up_log(const std::string& level);

}  // namespace typhon
