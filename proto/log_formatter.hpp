// How a line of the log looks, the same in gateway and worker: time, process, level, and the
// message with its control characters escaped, so that no text of a client passes for a line.
#pragma once

#include <ctime>
#include <memory>
#include <string>

#include <spdlog/pattern_formatter.h>

#include "proto/printable.hpp"

namespace typhon::proto {

/// The message with its control characters escaped; those of its own that break lines stay.
class PrintablePayload final : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message,
                const std::tm& /*time*/,
                spdlog::memory_buf_t& out) override {
        std::string text;
        append_printable_lines(text, {message.payload.data(), message.payload.size()});
        out.append(text);
    }
    [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<PrintablePayload>();
    }
};

/// For the log of `process`, "gateway" or "worker".
[[nodiscard]] inline std::unique_ptr<spdlog::formatter> log_formatter(const std::string& process) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    formatter->add_flag<PrintablePayload>('*').set_pattern("%Y-%m-%d %H:%M:%S.%e [" + process +
                                                           " %P] %l: %*");
    return formatter;
}

}  // namespace typhon::proto
