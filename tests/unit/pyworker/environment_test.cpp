#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "pyworker/worker_options.hpp"

using namespace typhon::worker;

namespace {

using Variables = std::map<std::string, std::string>;

Variables usual() {
    return {{"TYPHON_WORKER_ENDPOINT", "ipc:///run/relay.sock"},
            {"TYPHON_WORKER_IDENTITY", "w1"},
            {"TYPHON_WORKER_TOKEN", "secret"},
            {"TYPHON_WORKER_APP", "/app"},
            {"TYPHON_WORKER_FRAMEWORK", "/typhon/python"},
            {"TYPHON_WORKER_PYTHON", "/usr/bin/python3"}};
}

WorkerOptions read(const Variables& variables) {
    return read_options([&](const char* name) -> const char* {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    });
}

}  // namespace

TEST_CASE("WorkerOptions: what is left out has its default") {
    const WorkerOptions options = read(usual());
    CHECK(options.endpoint == "ipc:///run/relay.sock");
    CHECK(options.threads == 8);
    CHECK(options.pool_workers == 0);
    CHECK(options.pool == "processes");
    CHECK(options.ledger_fd == -1);
    CHECK(options.lifeline_fd == -1);
    CHECK_FALSE(options.debug);
}

TEST_CASE("WorkerOptions: every variable is read") {
    Variables variables = usual();
    variables["TYPHON_WORKER_THREADS"] = "3";
    variables["TYPHON_WORKER_POOL_WORKERS"] = "2";
    variables["TYPHON_WORKER_NICE"] = "4";
    variables["TYPHON_WORKER_LEDGER_FD"] = "40";
    variables["TYPHON_WORKER_LIFELINE_FD"] = "0";
    variables["TYPHON_WORKER_DEBUG"] = "1";
    variables["TYPHON_WORKER_GENERATION"] = "7";
    variables["TYPHON_WORKER_LOG_ROUTES"] = "1";
    variables["TYPHON_WORKER_NATIVE_API"] = "/run/native-api.json";
    const WorkerOptions options = read(variables);
    CHECK(options.threads == 3);
    CHECK(options.nice == 4);
    CHECK(options.pool_workers == 2);
    CHECK(options.ledger_fd == 40);
    CHECK(options.lifeline_fd == 0);
    CHECK(options.debug);
    CHECK(options.generation == 7);
    CHECK(options.log_routes);
    CHECK(options.native_api == "/run/native-api.json");
}

TEST_CASE("WorkerOptions: a missing or impossible value is named") {
    const std::vector<std::pair<std::string, std::string>> wrong{
        {"TYPHON_WORKER_TOKEN", ""},
        {"TYPHON_WORKER_THREADS", "0"},
        {"TYPHON_WORKER_THREADS", "-1"},
        {"TYPHON_WORKER_NICE", "20"},
        {"TYPHON_WORKER_POOL_WORKERS", "4x"},
        {"TYPHON_WORKER_LEDGER_FD", "99999999999"}};
    for (const auto& fault : wrong) {
        const std::string& name = fault.first;
        Variables variables = usual();
        variables[name] = fault.second;
        CAPTURE(name);
        CHECK_THROWS_WITH_AS(
            (void)read(variables), doctest::Contains(name.c_str()), std::invalid_argument);
    }
}
