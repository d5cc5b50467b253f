// The client commands against a real admin socket with handlers of the test.
#include "gateway/cli/commands.hpp"

#include <filesystem>
#include <memory>
#include <sstream>
#include <thread>

#include "tests/unit/supervisor/fixture.hpp"
#include <doctest/doctest.h>

#include "gateway/admin/admin_server.hpp"
#include "gateway/cli/cli.hpp"
#include "gateway/cli/error.hpp"
#include "gateway/cli/run_dir.hpp"
#include "gateway/exit_codes.hpp"

using namespace typhon;
using namespace typhon::cli;
using nlohmann::json;

namespace {

class RunningGateway {
public:
    RunningGateway() : run_dir_(std::make_unique<RunDir>(temp_.file("run"))) {
        AdminHandlers handlers;
        handlers.status = [this] { return status; };
        handlers.routes = [] { return json{{"routes", json::array()}}; };
        handlers.reload = [this] { return result; };
        handlers.scale = [this](std::uint32_t workers) {
            scaled_to = workers;
            return result;
        };
        handlers.stop = [this] { stop_asked = true; };
        server_ = std::make_unique<AdminServer>(run_dir_->admin_socket(), handlers);
    }
    void end() {
        server_.reset();
        run_dir_.reset();
    }
    [[nodiscard]] const std::string& run_dir() const { return run_dir_->path(); }
    /// Runs a command for this gateway; the exit code.
    int run(const std::string& command, ClientWords words = {}) {
        words.run_dir = temp_.file("run");
        out.str("");
        err.str("");
        return run_client(command, words, out, err);
    }

    ReloadResult result{true, 2, 1, "generation 2, 1 workers", Milliseconds{12}};
    json status{{"state", "ready"}, {"pid", 7}};
    std::uint32_t scaled_to = 0;
    std::atomic<bool> stop_asked = false;
    std::ostringstream out;
    std::ostringstream err;

private:
    test::TempDir temp_;
    std::unique_ptr<RunDir> run_dir_;
    std::unique_ptr<AdminServer> server_;
};

}  // namespace

TEST_CASE("Commands: reload prints one line when it is done") {
    RunningGateway gateway;
    CHECK(gateway.run("reload") == exit_code::kOk);
    CHECK(gateway.out.str() == "OK: generation 2, 1 workers in 12 ms\n");
}

TEST_CASE("Commands: a reload that fails prints the traceback and has its own exit code") {
    RunningGateway gateway;
    gateway.result = {false, 1, 1, "Traceback:\n  \xff\nSyntaxError: oops", Milliseconds{5}};
    CHECK(gateway.run("reload") == exit_code::kCommandFailed);
    CHECK(gateway.out.str().empty());
    CHECK(gateway.err.str().find("SyntaxError: oops\n") != std::string::npos);
    CHECK(gateway.err.str().find("generation 1 goes on") != std::string::npos);
}

TEST_CASE("Commands: scale hands the number on") {
    RunningGateway gateway;
    ClientWords words;
    words.workers = 3;
    CHECK(gateway.run("scale", words) == exit_code::kOk);
    CHECK(gateway.scaled_to == 3);
}

TEST_CASE("Commands: status is a table, or the JSON as it came") {
    RunningGateway gateway;
    CHECK(gateway.run("status") == exit_code::kOk);
    CHECK(gateway.out.str().starts_with("typhon ready, pid 7"));
    ClientWords words;
    words.json = true;
    CHECK(gateway.run("status", words) == exit_code::kOk);
    CHECK(json::parse(gateway.out.str()) == json{{"state", "ready"}, {"pid", 7}});
    CHECK(gateway.run("routes") == exit_code::kOk);
    CHECK(gateway.out.str().starts_with("METHODS"));
}

TEST_CASE("Commands: what the gateway sends cannot move the cursor") {
    const std::string mark = "\xe2\x80\xae";  // U+202E
    const std::string hostile = "\x1b[2J" + mark;
    RunningGateway gateway;
    gateway.result = {false, 1, 1, hostile, Milliseconds{5}};
    gateway.status["last_error"] = hostile;
    ClientWords words;
    words.json = true;
    const auto is_harmless = [&mark](const std::string& text) {
        return text.find('\x1b') == std::string::npos && text.find(mark) == std::string::npos;
    };
    CHECK(gateway.run("reload") == exit_code::kCommandFailed);
    CHECK(gateway.err.str().find("\\x1b[2J\\u202e") != std::string::npos);
    CHECK(is_harmless(gateway.err.str()));
    CHECK(gateway.run("status") == exit_code::kOk);
    CHECK(gateway.out.str().find("\\x1b[2J") != std::string::npos);
    CHECK(is_harmless(gateway.out.str()));
    CHECK(gateway.run("status", words) == exit_code::kOk);
    CHECK(json::parse(gateway.out.str()) == gateway.status);
    CHECK(is_harmless(gateway.out.str()));
}

TEST_CASE("Commands: by its port no gateway is found through a link that anybody may have made") {
    const RunningGateway gateway;
    const test::TempDir places;
    const test::Variable runtime("XDG_RUNTIME_DIR", places.path());
    ClientWords words;
    words.port = 65535;
    const std::string place = default_run_dir(words.port);
    REQUIRE(place.starts_with(places.path()));
    std::filesystem::create_directory_symlink(gateway.run_dir(), place);
    std::ostringstream out;
    CHECK_THROWS_AS((void)run_client("status", words, out, out), CommandError);
}

TEST_CASE("Commands: stop returns when the gateway is gone") {
    RunningGateway gateway;
    std::thread ending([&gateway] {
        static_cast<void>(test::eventually([&] { return gateway.stop_asked.load(); }));
        gateway.end();
    });
    ClientWords words;
    words.timeout = test::kPatience;
    CHECK(gateway.run("stop", words) == exit_code::kOk);
    ending.join();
    CHECK(gateway.out.str() == "stopped\n");
}

TEST_CASE("Commands: stop gives up waiting at its time-out") {
    RunningGateway gateway;
    ClientWords words;
    words.timeout = Milliseconds{50};
    CHECK(gateway.run("stop", words) == exit_code::kCommandFailed);
    CHECK(gateway.stop_asked);
}

TEST_CASE("Commands: where no gateway runs that is said, with its exit code") {
    const test::TempDir temp;
    std::ostringstream out;
    for (const char* command : {"reload", "scale", "status", "routes", "stop"}) {
        ClientWords words;
        words.run_dir = temp.path();
        try {
            static_cast<void>(run_client(command, words, out, out));
            FAIL("it did not throw");
        } catch (const CommandError& error) {
            CHECK(error.exit_code() == exit_code::kNotRunning);
            CHECK(std::string(error.what()).find(temp.path()) != std::string::npos);
        }
    }
}

TEST_CASE("Commands: the whole command line ends with the documented exit codes") {
    const test::TempDir temp;
    const auto code = [](std::vector<const char*> words) {
        words.insert(words.begin(), "typhon");
        const auto command = parse(static_cast<int>(words.size()), words.data());
        const int* result = std::get_if<int>(&command);
        return result == nullptr ? -1 : *result;
    };
    CHECK(code({}) == exit_code::kUsage);
    CHECK(code({"nonsense"}) == exit_code::kUsage);
    CHECK(code({"serve", "--nonsense"}) == exit_code::kUsage);
    CHECK(code({"serve", "--app", "/nowhere"}) == exit_code::kPython);
    CHECK(code({"status", "--run-dir", temp.path().c_str()}) == exit_code::kNotRunning);
    CHECK(code({"--help"}) == exit_code::kOk);
    CHECK(code({"reload", "--help"}) == exit_code::kOk);
}
