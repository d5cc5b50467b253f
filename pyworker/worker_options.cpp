#include "pyworker/worker_options.hpp"

#include <charconv>
#include <limits>
#include <stdexcept>
#include <string_view>

#include "proto/worker_env.hpp"

namespace typhon::worker {

namespace {

namespace env = proto::worker_env;

constexpr std::uint32_t kMaxThreads = 1024;
constexpr std::uint32_t kMaxNice = 19;
constexpr std::uint32_t kMaxPoolWorkers = 4096;

std::string text(const EnvironmentReader& read, const char* name, const char* otherwise) {
    const char* value = read(name);
    return value != nullptr && *value != '\0' ? value : otherwise;
}

std::string required(const EnvironmentReader& read, const char* name) {
    std::string value = text(read, name, "");
    if (value.empty()) {
        throw std::invalid_argument(std::string(name) +
                                    " is not set (typhon-worker is started by typhon)");
    }
    return value;
}

std::uint32_t number(const EnvironmentReader& read,
                     const char* name,
                     std::uint32_t otherwise,
                     std::uint32_t least,
                     std::uint32_t most) {
    const std::string value = text(read, name, "");
    if (value.empty()) {
        return otherwise;
    }
    std::uint32_t parsed = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
    if (error != std::errc{} || end != value.data() + value.size() || parsed < least ||
        parsed > most) {
        throw std::invalid_argument(std::string(name) + "=" + value +
                                    " is not a whole number from " + std::to_string(least) +
                                    " to " + std::to_string(most));
    }
    return parsed;
}

int descriptor(const EnvironmentReader& read, const char* name) {
    constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
    const std::uint32_t value = number(read, name, kNone, 0, 1U << 20U);
    return value == kNone ? -1 : static_cast<int>(value);
}

}  // namespace

WorkerOptions read_options(const EnvironmentReader& read) {
    WorkerOptions options;
    options.endpoint = required(read, env::kEndpoint);
    options.identity = required(read, env::kIdentity);
    options.token = required(read, env::kToken);
    options.app = required(read, env::kApp);
    options.framework = required(read, env::kFramework);
    options.python = required(read, env::kPython);
    options.ledger_fd = descriptor(read, env::kLedgerFd);
    options.lifeline_fd = descriptor(read, env::kLifelineFd);
    options.threads = number(read, env::kThreads, options.threads, 1, kMaxThreads);
    options.nice = number(read, env::kNice, 0, 0, kMaxNice);
    options.pool_workers = number(read, env::kPoolWorkers, 0, 0, kMaxPoolWorkers);
    options.pool = text(read, env::kPool, "processes");
    options.debug = text(read, env::kDebug, "0") == "1";
    options.generation =
        number(read, env::kGeneration, 0, 0, std::numeric_limits<std::uint32_t>::max());
    options.log_level = text(read, env::kLogLevel, "info");
    options.log_routes = text(read, env::kLogRoutes, "0") == "1";
    options.native_api = text(read, env::kNativeApi, "");
    return options;
}

}  // namespace typhon::worker
