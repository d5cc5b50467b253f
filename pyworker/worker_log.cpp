#include "pyworker/worker_log.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "proto/log_formatter.hpp"

namespace typhon::worker {

namespace {

std::string_view mode_name(proto::RouteMode mode) {
    switch (mode) {
        case proto::RouteMode::thread:
            return "thread";
        case proto::RouteMode::async:
            return "async";
        case proto::RouteMode::pool:
            return "pool";
    }
    return "unknown";
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text.append(text.empty() ? "" : ", ").append(word);
    }
    return text;
}

}  // namespace

void set_up_log(const std::string& level) {
    const auto parsed = spdlog::level::from_str(level);
    if (parsed == spdlog::level::off && level != "off") {
        throw std::invalid_argument(
            "the log level is trace, debug, info, warn, error or off, not " + level);
    }
    auto logger = std::make_shared<spdlog::logger>(
        "typhon", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_formatter(proto::log_formatter("worker"));
    logger->set_level(parsed);
    logger->flush_on(spdlog::level::trace);
    // A log that cannot be written (disk full, pipe closed) must not stop the server.
    logger->set_error_handler([](const std::string& /*reason*/) {});
    spdlog::set_default_logger(std::move(logger));
}

void log_start(const proto::Ready& ready, bool with_routes) {
    if (with_routes) {
        for (const proto::RouteInfo& route : ready.routes) {
            spdlog::info("{} {} -> {} [{}]",
                         joined(route.methods),
                         route.pattern,
                         route.name,
                         mode_name(route.mode));
        }
    }
    spdlog::info("ready in {} ms: Python {} ({}), {} routes, {} threads, {} pool processes",
                 ready.start_ms,
                 ready.python,
                 ready.interpreter,
                 ready.routes.size(),
                 ready.threads,
                 ready.pool_workers);
}

}  // namespace typhon::worker
