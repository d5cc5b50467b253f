// Which Python the workers may use: the version that they embed, known since the build.
#pragma once

#include <string>

namespace typhon::cli {

inline constexpr const char* kDefaultPython = TYPHON_DEFAULT_PYTHON;
inline constexpr const char* kPythonVersion = TYPHON_PYTHON_VERSION;  // "3.11"

/// Throws CommandError (kPython) when the version of `python` is another than the build's. For a
/// venv that is read from its pyvenv.cfg; another interpreter than the build's is run once
/// (proto/interpreter_probe.hpp), for at most 10 s.
void check_interpreter(const std::string& python);

/// "3.11" of "3.11.2" or "3.11.2.final.0\n"; empty when that is no version. Pure.
[[nodiscard]] std::string minor_version(const std::string& version);

/// The version that the file pyvenv.cfg names, or empty.
[[nodiscard]] std::string venv_version(const std::string& pyvenv_cfg);

}  // namespace typhon::cli
