// What the client commands print: JSON of the admin socket as text for people. Pure.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace typhon::cli {

/// Columns as wide as their widest cell; the first row is the heading. Rows may be short.
[[nodiscard]] std::string table(const std::vector<std::vector<std::string>>& rows);

/// One line on the gateway, a table of the workers, the queue, the last error.
[[nodiscard]] std::string status_text(const nlohmann::json& status);

/// A table of method, path, handler and mode.
[[nodiscard]] std::string routes_text(const nlohmann::json& routes);

/// "3 s", "5 min 20 s", "2 h 3 min", "4 d 2 h".
[[nodiscard]] std::string uptime_text(double seconds);

/// "512 B", "1.5 MiB".
[[nodiscard]] std::string memory_text(std::uint64_t bytes);

}  // namespace typhon::cli
