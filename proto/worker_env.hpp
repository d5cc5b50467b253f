// How the gateway tells a worker start what it needs: environment variables, read once by the
// worker and then removed from its environment (so that pool children and user code do not inherit
// the token).
#pragma once

namespace typhon::proto::worker_env {

inline constexpr const char* kEndpoint = "TYPHON_WORKER_ENDPOINT";  // "ipc:///run/dir/relay.sock"
inline constexpr const char* kIdentity =
    "TYPHON_WORKER_IDENTITY";  // ZeroMQ identity, unique to this start
inline constexpr const char* kToken = "TYPHON_WORKER_TOKEN";         // secret of this start
inline constexpr const char* kLedgerFd = "TYPHON_WORKER_LEDGER_FD";  // inherited descriptor number
inline constexpr const char* kLifelineFd =
    "TYPHON_WORKER_LIFELINE_FD";  // read end of a pipe; EOF: the gateway is gone
inline constexpr const char* kApp = "TYPHON_WORKER_APP";  // absolute app directory
inline constexpr const char* kFramework =
    "TYPHON_WORKER_FRAMEWORK";  // absolute directory that holds typhon/
inline constexpr const char* kPython =
    "TYPHON_WORKER_PYTHON";  // absolute interpreter, of the build or --venv
inline constexpr const char* kThreads = "TYPHON_WORKER_THREADS";
inline constexpr const char* kNice = "TYPHON_WORKER_NICE";  // added to the niceness of the gateway
inline constexpr const char* kPoolWorkers = "TYPHON_WORKER_POOL_WORKERS";  // of this worker
inline constexpr const char* kPool = "TYPHON_WORKER_POOL";    // "processes" or "dask://host:port"
inline constexpr const char* kDebug = "TYPHON_WORKER_DEBUG";  // "1": tracebacks in answers
inline constexpr const char* kGeneration = "TYPHON_WORKER_GENERATION";
inline constexpr const char* kLogLevel = "TYPHON_WORKER_LOG_LEVEL";
inline constexpr const char* kLogRoutes =
    "TYPHON_WORKER_LOG_ROUTES";  // "1": print the route table when ready
inline constexpr const char* kNativeApi =
    "TYPHON_WORKER_NATIVE_API";  // file: what native routes say of themselves, as JSON; or empty

}  // namespace typhon::proto::worker_env
