#include "gateway/supervisor/worker_environment.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <thread>

#include <spdlog/spdlog.h>
#include <unistd.h>

#include "proto/worker_env.hpp"

namespace typhon {

namespace {

constexpr std::string_view kWorkerPrefix = "TYPHON_WORKER_";
constexpr std::array<std::string_view, 3> kPythonTraps{"PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP"};

bool is_passed_on(std::string_view name) {
    return !name.starts_with(kWorkerPrefix) &&
           std::find(kPythonTraps.begin(), kPythonTraps.end(), name) == kPythonTraps.end();
}

std::string log_level_name() {
    const auto level = spdlog::get_level();
    if (level == spdlog::level::warn) {
        return "warn";
    }
    const auto name = spdlog::level::to_string_view(level);
    return {name.data(), name.size()};
}

}  // namespace

Environment current_environment() {
    Environment result;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::size_t equals = text.find('=');
        if (equals != std::string_view::npos && equals > 0) {
            result.emplace_back(text.substr(0, equals), text.substr(equals + 1));
        }
    }
    return result;
}

std::uint32_t pool_share(std::optional<std::uint32_t> total,
                         std::uint32_t workers,
                         std::uint32_t slot,
                         std::uint32_t cores) noexcept {
    const std::uint32_t all = total.value_or(cores);
    if (all == 0) {
        return 0;
    }
    const std::uint32_t sharers = std::max(workers, 1U);
    return std::max(all / sharers + (slot < all % sharers ? 1U : 0U), 1U);
}

Environment worker_environment(const Environment& base,
                               const SupervisorOptions& options,
                               const std::string& endpoint,
                               const WorkerStart& start) {
    namespace env = proto::worker_env;
    Environment result;
    std::copy_if(base.begin(), base.end(), std::back_inserter(result), [](const auto& entry) {
        return is_passed_on(entry.first);
    });
    const std::uint32_t cores = std::max(std::thread::hardware_concurrency(), 1U);
    const Environment own{
        {env::kEndpoint, endpoint},
        {env::kIdentity, start.identity},
        {env::kToken, start.token},
        {env::kLedgerFd, std::to_string(start.ledger_fd)},
        {env::kLifelineFd, std::to_string(start.lifeline_fd)},
        {env::kApp, options.app},
        {env::kFramework, options.framework},
        {env::kPython, options.python},
        {env::kThreads, std::to_string(options.threads)},
        {env::kNice, std::to_string(options.worker_nice)},
        {env::kPoolWorkers,
         std::to_string(pool_share(options.pool_workers, options.workers, start.slot, cores))},
        {env::kPool, options.pool},
        {env::kDebug, options.debug ? "1" : "0"},
        {env::kGeneration, std::to_string(start.generation)},
        {env::kLogLevel, log_level_name()},
        {env::kLogRoutes, start.slot == 0 ? "1" : "0"},
        {env::kNativeApi, options.native_api},
    };
    result.insert(result.end(), own.begin(), own.end());
    return result;
}

}  // namespace typhon
