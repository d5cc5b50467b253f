// Makes the paths of Options absolute and checks that they can be used: application, interpreter,
// framework, worker executable, run directory.
#pragma once

#include <string>

#include "gateway/options.hpp"

namespace typhon::cli {

/// Fills in the paths that were not given. Throws CommandError: kPython for application,
/// interpreter, framework and worker executable, kUsage for a static directory, kRunDirectory for a
/// run directory whose path is too long. May run an interpreter that is not the build's once (at
/// most 10 s).
void resolve(Options& options);

/// The directory of the framework of this installation or source tree, absolute. Throws
/// CommandError (kPython) when it is not there.
[[nodiscard]] std::string framework_directory();

/// The directory of the running executable.
[[nodiscard]] std::string executable_directory();

/// Absolute, without "." and "..", symbolic links kept (a venv's python is one).
[[nodiscard]] std::string absolute_path(const std::string& path);

}  // namespace typhon::cli
