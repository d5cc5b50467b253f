// What the options of `serve` must satisfy together. Pure.
#pragma once

#include "gateway/options.hpp"

namespace typhon::cli {

/// Checks and decides what no option can alone. Throws CommandError.
void check_together(Options& options);

}  // namespace typhon::cli
