#include "gateway/cli/tables.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include <nlohmann/json.hpp>

namespace typhon::cli {

namespace {

using nlohmann::json;

std::string joined(const json& list, const std::string& separator) {
    std::string text;
    for (const json& item : list) {
        text += (text.empty() ? "" : separator) +
                (item.is_string() ? item.get<std::string>() : item.dump());
    }
    return text;
}

/// The member as text; "-" when it is missing or null.
std::string cell(const json& object, const char* key) {
    const auto member = object.find(key);
    if (member == object.end() || member->is_null()) {
        return "-";
    }
    if (member->is_array()) {
        return member->empty() ? "-" : joined(*member, " ");
    }
    return member->is_string() ? member->get<std::string>() : member->dump();
}

std::string two_units(std::uint64_t value,
                      std::uint64_t per,
                      const char* large,
                      const char* small) {
    const std::string rest = std::to_string(value % per) + " " + small;
    return value < per ? rest : std::to_string(value / per) + " " + large + " " + rest;
}

std::string worker_table(const json& workers) {
    std::vector<std::vector<std::string>> rows{{"PID",
                                                "STATE",
                                                "GENERATION",
                                                "IN FLIGHT",
                                                "SERVED",
                                                "RESTARTS",
                                                "RECYCLED",
                                                "MEMORY",
                                                "POOL"}};
    for (const json& worker : workers) {
        const auto memory = worker.value("rss_bytes", std::uint64_t{0}) +
                            worker.value("pool_rss_bytes", std::uint64_t{0});
        rows.push_back({worker.value("pid", 0) == 0 ? "-" : cell(worker, "pid"),
                        cell(worker, "state"),
                        cell(worker, "generation"),
                        cell(worker, "in_flight"),
                        cell(worker, "served"),
                        cell(worker, "restarts"),
                        cell(worker, "recycled"),
                        memory_text(memory),
                        cell(worker, "pool_pids")});
    }
    return table(rows);
}

std::string tls_text(const json& tls) {
    if (!tls.is_object()) {
        return {};
    }
    std::string text =
        "certificate: " + cell(tls, "names") + ", valid until " + cell(tls, "not_after") + "\n";
    for (const char* trouble : {"complaint", "last_error"}) {
        const std::string said = cell(tls, trouble);
        text += said.empty() || said == "-" ? "" : "certificate: " + said + "\n";
    }
    return text;
}

std::string listeners_text(const json& status) {
    const json all = status.value("listeners", json::array());
    return all.empty() ? cell(status, "listen") : joined(all, ", ");
}

}  // namespace

std::string table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t column = 0; column < row.size(); ++column) {
            widths[column] = std::max(widths[column], row[column].size());
        }
    }
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t column = 0; column < row.size(); ++column) {
            line += row[column] + std::string(widths[column] + 2 - row[column].size(), ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

std::string uptime_text(double seconds) {
    constexpr std::uint64_t kMinute = 60;
    constexpr std::uint64_t kHour = 60 * kMinute;
    constexpr std::uint64_t kDay = 24 * kHour;
    const auto whole = static_cast<std::uint64_t>(std::max(seconds, 0.0));
    if (whole < kHour) {
        return two_units(whole, kMinute, "min", "s");
    }
    return whole < kDay ? two_units(whole / kMinute, 60, "h", "min")
                        : two_units(whole / kHour, 24, "d", "h");
}

std::string memory_text(std::uint64_t bytes) {
    static constexpr std::array<const char*, 4> kUnits{"B", "KiB", "MiB", "GiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < kUnits.size()) {
        value /= 1024;
        ++unit;
    }
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
    return text.data();
}

std::string status_text(const json& status) {
    std::string text = "typhon " + cell(status, "state") + ", pid " + cell(status, "pid") +
                       ", generation " + cell(status, "generation") + ", up " +
                       uptime_text(status.value("uptime_s", 0.0)) + ", listening on " +
                       listeners_text(status) + "\n\n";
    text += worker_table(status.value("workers", json::array()));
    const json queue = status.value("queue", json::object());
    text += "\nqueue: " + cell(queue, "depth") + " of " + cell(queue, "limit") + " requests, " +
            memory_text(queue.value("bytes", std::uint64_t{0})) + "\n";
    const json bodies = status.value("bodies", json::object());
    text += "large bodies: " + memory_text(bodies.value("bytes", std::uint64_t{0})) + " of " +
            memory_text(bodies.value("limit", std::uint64_t{0})) + "\n";
    text += tls_text(status.value("tls", json()));
    if (const std::string error = cell(status, "last_error"); error != "-" && !error.empty()) {
        text += "last error:\n" + error + (error.back() == '\n' ? "" : "\n");
    }
    return text;
}

std::string routes_text(const json& routes) {
    std::vector<std::vector<std::string>> rows{
        {"METHODS", "PATH", "HANDLER", "MODE", "MAX IN FLIGHT"}};
    for (const json& route : routes.value("routes", json::array())) {
        rows.push_back({cell(route, "methods"),
                        cell(route, "pattern"),
                        cell(route, "handler"),
                        cell(route, "mode"),
                        cell(route, "max_in_flight")});
    }
    return table(rows);
}

}  // namespace typhon::cli
