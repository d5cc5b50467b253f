// What the access log will say of a request, kept from its head until its answer has ended, and
// where the connections of one loop get and leave such records.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/access/access_log.hpp"
#include "gateway/http/head.hpp"
#include "proto/deadline.hpp"

namespace typhon::http {

/// When a native handler ran.
struct HandlerTimes {
    using TimePoint = proto::SteadyClock::time_point;

    std::optional<TimePoint> queued{};  // for a thread of the pool
    TimePoint begun;
    TimePoint ended;
};

struct AccessRecord {
    using TimePoint = proto::SteadyClock::time_point;

    /// Copies what the line says of a head, which may be incomplete or refused: then only what has
    /// been found good of its request line.
    void note(const Head& head);

    std::string client;
    std::string method;
    std::string path;
    std::string referer;
    std::string user_agent;
    bool http_1_0 = false;
    TimePoint begun;                // the head was complete
    TimePoint asked;                // the relay was
    std::uint64_t sent_before = 0;  // bytes of the answers before this one
    std::string_view route;         // of a Python request
    std::uint32_t worker = 0;       // pid
    std::optional<std::chrono::microseconds> queue;
    std::optional<std::chrono::microseconds> handler;
};

/// Loop thread only.
class AccessDesk {
public:
    explicit AccessDesk(access::AccessLog& log) : log_(log), formatter_(log.form()) {}

    /// An empty record.
    [[nodiscard]] std::unique_ptr<AccessRecord> take();
    void give_back(std::unique_ptr<AccessRecord> record);

    void write(const access::AccessEntry& entry);

private:
    access::AccessLog& log_;
    access::LineFormatter formatter_;
    std::string line_;
    std::vector<std::unique_ptr<AccessRecord>> free_;
};

}  // namespace typhon::http
