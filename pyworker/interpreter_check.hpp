// Is an interpreter the one whose library this worker embeds? Asked before Python starts, since
// packages of another version would fail later, and less clearly.
#pragma once

#include <string>
#include <string_view>

namespace typhon::worker {

/// Runs `python` once (proto/interpreter_probe.hpp, about 10 ms) and compares its version with the
/// embedded one. Throws StartFailure ("interpreter") when it cannot be run within 10 s or differs
/// in major or minor version.
void check_interpreter(const std::string& python);

/// Empty when the version that `python` printed ("3.11\n") is the embedded one, else one sentence.
/// Pure.
[[nodiscard]] std::string version_fault(std::string_view python, std::string_view printed);

}  // namespace typhon::worker
