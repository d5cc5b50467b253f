#include "gateway/log.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "proto/log_formatter.hpp"

namespace typhon {

void set_up_log(const std::string& level) {
    const auto parsed = spdlog::level::from_str(level);
    if (parsed == spdlog::level::off && level != "off") {
        throw std::invalid_argument("log level is trace, debug, info, warn, error or off, not '" +
                                    level + "'");
    }
    auto logger = std::make_shared<spdlog::logger>(
        "typhon", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_formatter(proto::log_formatter("gateway"));
    logger->set_level(parsed);
    logger->flush_on(spdlog::level::trace);
    // A log that cannot be written (disk full, pipe closed) must not stop the server.
    logger->set_error_handler([](const std::string& /*reason*/) {});
    spdlog::set_default_logger(std::move(logger));
}

}  // namespace typhon
