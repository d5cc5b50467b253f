// Exit codes of `typhon`, one list (docs/operations.md shows the same).
#pragma once

namespace typhon::exit_code {

inline constexpr int kOk = 0;
inline constexpr int kFailure = 1;        // unexpected failure
inline constexpr int kUsage = 2;          // unknown flag, bad value, unknown key
inline constexpr int kNotRunning = 3;     // a command found no gateway to talk to
inline constexpr int kAddress = 4;        // the address cannot be bound (taken, not permitted)
inline constexpr int kRunDirectory = 5;   // run directory not usable, or another gateway runs in it
inline constexpr int kPython = 6;         // interpreter, venv or app directory not usable
inline constexpr int kStartFailed = 7;    // --fail-fast and the workers could not start
inline constexpr int kCommandFailed = 8;  // reload or scale failed; the old workers serve on
inline constexpr int kLimits = 9;  // the system allows too few open files, processes or threads
inline constexpr int kTls = 10;    // certificate or key cannot be used
inline constexpr int kDescription = 11;  // a native route describes itself by what is no OpenAPI
inline constexpr int kForced = 130;  // a second signal ended the gateway before the drain was over

}  // namespace typhon::exit_code
