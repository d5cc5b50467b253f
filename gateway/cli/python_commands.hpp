// The commands that are written in Python: `typhon new` and `typhon shell`. The process becomes the
// interpreter.
#pragma once

#include "gateway/cli/command_line.hpp"

namespace typhon::cli {

/// Runs typhon._new with these words; never returns. Throws CommandError (kPython) when there is no
/// framework or interpreter.
[[noreturn]] void new_application(const Words& words);

/// Runs typhon._shell with the application of resolved options; never returns. Throws CommandError
/// (kPython) when the interpreter cannot be run.
[[noreturn]] void shell(const Options& options);

/// The words of `typhon dev` as those of `typhon serve`: with --reload and --debug. Pure.
[[nodiscard]] Words dev_words(const Words& words);

}  // namespace typhon::cli
