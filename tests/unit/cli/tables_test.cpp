#include "gateway/cli/tables.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace typhon::cli;
using nlohmann::json;

namespace {

json example() {
    return json::parse(R"({
        "state": "ready", "pid": 100, "generation": 2, "uptime_s": 3725.5, "listen": "127.0.0.1:3000",
        "workers": [
            {"pid": 101, "state": "ready", "generation": 2, "in_flight": 3, "served": 1234, "restarts": 1,
             "recycled": 7, "rss_bytes": 41943040, "pool_rss_bytes": 10485760, "pool_pids": [7, 8]},
            {"pid": 0, "state": "backing-off", "generation": 2, "in_flight": 0, "served": 0, "restarts": 4,
             "recycled": 0, "rss_bytes": 0, "pool_rss_bytes": 0, "pool_pids": []}],
        "queue": {"depth": 5, "bytes": 2048, "limit": 1024},
        "bodies": {"bytes": 10485760, "limit": 268435456}, "last_error": ""})");
}

}  // namespace

TEST_CASE("Tables: columns are as wide as their widest cell, without blanks at the end") {
    CHECK(table({{"A", "B"}, {"long", "x"}, {"y"}}) == "A     B\nlong  x\ny\n");
}

TEST_CASE("Tables: the status reads as a person would tell it") {
    CHECK(status_text(example()) ==
          "typhon ready, pid 100, generation 2, up 1 h 2 min, listening on 127.0.0.1:3000\n"
          "\n"
          "PID  STATE        GENERATION  IN FLIGHT  SERVED  RESTARTS  RECYCLED  MEMORY    POOL\n"
          "101  ready        2           3          1234    1         7         50.0 MiB  7 8\n"
          "-    backing-off  2           0          0       4         0         0 B       -\n"
          "\n"
          "queue: 5 of 1024 requests, 2.0 KiB\n"
          "large bodies: 10.0 MiB of 256.0 MiB\n");
}

TEST_CASE("Tables: the last error is shown in full") {
    json status = example();
    status["last_error"] = "Traceback:\n  File x\nSyntaxError";
    const std::string text = status_text(status);
    CHECK(text.ends_with("last error:\nTraceback:\n  File x\nSyntaxError\n"));
}

TEST_CASE("Tables: a status with members missing or null is shown as far as it goes") {
    CHECK(status_text(json::object()).starts_with("typhon -, pid -"));
    json status = example();
    status["last_error"] = nullptr;
    CHECK(status_text(status).find("last error") == std::string::npos);
}

TEST_CASE("Tables: routes have methods, path, handler, mode and their limit") {
    const json routes = json::parse(R"({"routes": [
        {"methods": ["GET"], "pattern": "/native/hello", "handler": "native", "mode": "loop"},
        {"methods": ["GET", "POST"], "pattern": "/python/echo", "handler": "endpoints.echo", "mode": "thread",
         "max_in_flight": 4}]})");
    CHECK(routes_text(routes) ==
          "METHODS   PATH           HANDLER         MODE    MAX IN FLIGHT\n"
          "GET       /native/hello  native          loop    -\n"
          "GET POST  /python/echo   endpoints.echo  thread  4\n");
}

TEST_CASE("Tables: times and sizes have two figures at most") {
    CHECK(uptime_text(0) == "0 s");
    CHECK(uptime_text(-1) == "0 s");
    CHECK(uptime_text(59.9) == "59 s");
    CHECK(uptime_text(320) == "5 min 20 s");
    CHECK(uptime_text(3600) == "1 h 0 min");
    CHECK(uptime_text(360'000) == "4 d 4 h");
    CHECK(memory_text(0) == "0 B");
    CHECK(memory_text(1023) == "1023 B");
    CHECK(memory_text(1536) == "1.5 KiB");
    CHECK(memory_text(3'221'225'472) == "3.0 GiB");
}
