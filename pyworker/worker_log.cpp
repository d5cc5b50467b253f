#include "pyworker/worker_log.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "proto/printable.hpp"

namespace typhon::worker {

namespace {

/// The message with its control characters escaped; those of its own that break lines stay.
class PrintablePayload final : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message,
                const std::tm& /*time*/,
                spdlog::memory_buf_t& out) override {
        std::string text;
        proto::append_printable_lines(text, {message.payload.data(), message.payload.size()});
        out.append(text);
    }
    [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<PrintablePayload>();
    }
};

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
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    formatter->add_flag<PrintablePayload>('*').set_pattern(
        "%Y-%m-%d %H:%M:%S.%e [worker %P] %l: %*");
    logger->set_formatter(std::move(formatter));
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
