#include "proto/log.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <utility>

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "proto/log_formatter.hpp"
#include "proto/log_stream.hpp"

namespace typhon::proto {

namespace {

/// Writes each line at once, and says how many were lost as soon as one can be written again.
class LogSink final : public spdlog::sinks::base_sink<std::mutex> {
protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        if (lost_ > 0) {
            const std::string told = std::to_string(lost_) + " lines of this log were lost";
            if (!put({message.logger_name, spdlog::level::warn, told})) {
                ++lost_;
                return;
            }
        }
        lost_ = put(message) ? 0 : 1;
    }
    void flush_() override {}

private:
    [[nodiscard]] bool put(const spdlog::details::log_msg& message) {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        return stream_.write({line.data(), line.size()});
    }

    LogStream stream_{STDERR_FILENO};
    std::uint64_t lost_ = 0;
};

}  // namespace

void set_up_log(const std::string& process, const std::string& level) {
    const auto parsed = spdlog::level::from_str(level);
    if (parsed == spdlog::level::off && level != "off") {
        throw std::invalid_argument("log level is trace, debug, info, warn, error or off, not '" +
                                    level + "'");
    }
    auto logger = std::make_shared<spdlog::logger>("typhon", std::make_shared<LogSink>());
    logger->set_formatter(log_formatter(process));
    logger->set_level(parsed);
    logger->set_error_handler([](const std::string& /*reason*/) {});
    spdlog::set_default_logger(std::move(logger));
}

}  // namespace typhon::proto
