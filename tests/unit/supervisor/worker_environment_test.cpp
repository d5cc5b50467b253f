#include "gateway/supervisor/worker_environment.hpp"

#include <algorithm>
#include <map>

#include "tests/unit/supervisor/fixture.hpp"
#include <doctest/doctest.h>
#include <spdlog/spdlog.h>

#include "proto/worker_env.hpp"

using namespace typhon;
namespace env = typhon::proto::worker_env;

namespace {

std::map<std::string, std::string> made_from(const Environment& base) {
    SupervisorOptions options;
    options.app = "/srv/app";
    options.framework = "/opt/typhon/python";
    options.python = "/srv/venv/bin/python";
    options.workers = 2;
    options.threads = 5;
    options.worker_nice = 3;
    options.pool_workers = 3;
    options.debug = true;
    options.native_api = "/run/native-api.json";
    const WorkerStart start{1, 4, "g4-w1-aa", "secret", 17, 19};
    const auto made = worker_environment(base, options, "ipc:///run/relay.sock", start);
    std::map<std::string, std::string> result(made.begin(), made.end());
    CHECK(result.size() == made.size());  // no name twice
    return result;
}

}  // namespace

TEST_CASE("WorkerEnvironment: it says all that a worker asks for") {
    spdlog::set_level(spdlog::level::warn);
    auto made = made_from({});
    CHECK(made[env::kEndpoint] == "ipc:///run/relay.sock");
    CHECK(made[env::kIdentity] == "g4-w1-aa");
    CHECK(made[env::kToken] == "secret");
    CHECK(made[env::kLedgerFd] == "17");
    CHECK(made[env::kLifelineFd] == "19");
    CHECK(made[env::kApp] == "/srv/app");
    CHECK(made[env::kFramework] == "/opt/typhon/python");
    CHECK(made[env::kPython] == "/srv/venv/bin/python");
    CHECK(made[env::kThreads] == "5");
    CHECK(made[env::kNice] == "3");
    CHECK(made[env::kPoolWorkers] == "1");  // the second of two that share three
    CHECK(made[env::kPool] == "processes");
    CHECK(made[env::kDebug] == "1");
    CHECK(made[env::kGeneration] == "4");
    CHECK(made[env::kLogLevel] == "warn");
    CHECK(made[env::kLogRoutes] == "0");  // the first worker of a generation prints them
    CHECK(made[env::kNativeApi] == "/run/native-api.json");
}

TEST_CASE("WorkerEnvironment: what would lead Python astray is left out, all else is kept") {
    auto made = made_from({{"PYTHONHOME", "/wrong"},
                           {"PYTHONPATH", "/wrong"},
                           {"PYTHONSTARTUP", "/wrong.py"},
                           {"TYPHON_WORKER_TOKEN", "of another"},
                           {"TYPHON_WORKER_NEW", "stray"},
                           {"PATH", "/bin"},
                           {"DATABASE_URL", "x=y"}});
    CHECK(made.count("PYTHONHOME") == 0);
    CHECK(made.count("PYTHONPATH") == 0);
    CHECK(made.count("PYTHONSTARTUP") == 0);
    CHECK(made.count("TYPHON_WORKER_NEW") == 0);
    CHECK(made[env::kToken] == "secret");
    CHECK(made["PATH"] == "/bin");
    CHECK(made["DATABASE_URL"] == "x=y");
}

TEST_CASE(
    "WorkerEnvironment: pool workers are shared out whole, and each worker has one at least") {
    CHECK(pool_share(8, 3, 0, 2) == 3);
    CHECK(pool_share(8, 3, 1, 2) == 3);
    CHECK(pool_share(8, 3, 2, 2) == 2);
    CHECK(pool_share(2, 4, 3, 2) == 1);
    CHECK(pool_share(std::nullopt, 1, 0, 6) == 6);  // one for each core
    CHECK(pool_share(0, 2, 1, 6) == 0);             // no pool
    CHECK(pool_share(4, 0, 0, 2) == 4);
}

TEST_CASE("WorkerEnvironment: the environment of this process is read as it is") {
    const test::Variable value("TYPHON_TEST_VALUE", "a=b");
    const Environment all = current_environment();
    const std::pair<std::string, std::string> expected{"TYPHON_TEST_VALUE", "a=b"};
    CHECK(std::find(all.begin(), all.end(), expected) != all.end());
}
