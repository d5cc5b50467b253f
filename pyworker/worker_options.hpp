// What a worker start is told by the gateway, read from the environment (proto/worker_env.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace typhon::worker {

struct WorkerOptions {
    std::string endpoint;
    std::string identity;
    std::string token;
    int ledger_fd = -1;
    int lifeline_fd = -1;   // -1: nobody's death is watched
    std::string app;        // absolute directory
    std::string framework;  // absolute directory that holds typhon/
    std::string python;     // absolute path of the interpreter
    std::uint32_t threads = 8;
    std::uint32_t nice = 0;
    std::uint32_t pool_workers = 0;
    std::string pool = "processes";
    bool debug = false;
    std::uint32_t generation = 0;
    std::string log_level = "info";
    bool log_routes = false;
    std::string native_api;  // absolute file, or empty
};

/// The value of a variable, or null.
using EnvironmentReader = std::function<const char*(const char* name)>;

/// Throws std::invalid_argument with one sentence that names the variable at fault.
[[nodiscard]] WorkerOptions read_options(const EnvironmentReader& read);

}  // namespace typhon::worker
