#include "gateway/cli/command_line.hpp"

#include "tests/unit/supervisor/fixture.hpp"
#include <doctest/doctest.h>

#include "gateway/cli/error.hpp"
#include "gateway/exit_codes.hpp"

using namespace typhon;
using namespace typhon::cli;
using namespace std::chrono_literals;
using test::Variable;

namespace {

/// A configuration file, and none in the current directory that could get in the way.
struct Place {
    test::TempDir dir;
    [[nodiscard]] Words with_file(const std::string& text, Words words = {}) const {
        dir.write("typhon.toml", text);
        words.insert(words.end(), {"--config", dir.file("typhon.toml")});
        return words;
    }
};

Options serve(const Words& words) {
    return std::get<Options>(parse_serve(words));
}

/// What is said about words that are refused with the usage code.
std::string fault(const Words& words) {
    try {
        static_cast<void>(parse_serve(words));
    } catch (const CommandError& error) {
        CHECK(error.exit_code() == exit_code::kUsage);
        return error.what();
    }
    return "nothing";
}

}  // namespace

TEST_CASE("CommandLine: without words all is as documented") {
    const Options options = serve({});
    CHECK(options.host == "127.0.0.1");
    CHECK(options.port == 3000);
    CHECK(options.supervisor.workers == 1);
}

TEST_CASE("CommandLine: flags set options, with a space or an equals sign; the last one counts") {
    const Options options =
        serve({"--port", "8080", "--workers=4", "--debug", "--max-body", "1M", "--port", "9"});
    CHECK(options.port == 9);
    CHECK(options.supervisor.workers == 4);
    CHECK(options.supervisor.debug);
    CHECK_FALSE(options.supervisor.fail_fast);
    CHECK(options.http.max_body == 1'048'576);
}

TEST_CASE("CommandLine: a body that could never be read is refused at the start") {
    CHECK(fault({"--max-body", "2M", "--max-body-memory", "1M"}).find("raise --max-body-memory") !=
          std::string::npos);
    CHECK(serve({"--max-body", "2M", "--max-body-memory", "2M"}).http.max_body_memory == 2'097'152);
}

TEST_CASE("CommandLine: a flag wins over the variable, the variable over the file") {
    const Place place;
    const Words words = place.with_file("port = 1\nworkers = 2\nthreads = 3\n", {"--port", "10"});
    const Variable port("TYPHON_PORT", "20");
    const Variable workers("TYPHON_WORKERS", "30");
    const Options options = serve(words);
    CHECK(options.port == 10);
    CHECK(options.supervisor.workers == 30);
    CHECK(options.supervisor.threads == 3);
}

TEST_CASE("CommandLine: what may be given more than once, as flags, in a variable, in a file") {
    const auto directories = [](const Words& words) {
        std::string found;
        for (const StaticDirectory& each : serve(words).http.statics) {
            found += each.directory + ' ';
        }
        return found;
    };
    const Place place;
    const Words file = place.with_file("static = [\"/a=one\", \"/b=two\"]\n");
    CHECK(directories({"--static", "/a=one", "--static=/b=two", "--port", "1"}) == "one two ");
    CHECK(directories(file) == "one two ");
    CHECK(directories(place.with_file("static = \"/a=one\"\n")) == "one ");
    const Variable variable("TYPHON_STATIC", "/c=three,/d=four");
    CHECK(directories(place.with_file("static = [\"/a=one\", \"/b=two\"]\n")) == "three four ");
    CHECK(directories({"--static", "/a=one"}) == "one ");
    const Variable bad("TYPHON_STATIC", "/c=three,four");
    CHECK(fault({}) ==
          "TYPHON_STATIC: 'four' is not a path and a directory (such as /assets=dist)");
}

TEST_CASE("CommandLine: credentials for any origin are refused at the start") {
    CHECK(fault({"--cors-origin", "*", "--cors-credentials"}).find("does not go together") !=
          std::string::npos);
    CHECK(fault({"--cors-origin", "https://a.example", "--cors-header", "*", "--cors-credentials"})
              .find("does not go together") != std::string::npos);
    CHECK(fault({"--cors-credentials"}).find("--cors-origin") != std::string::npos);
    const Options options = serve({"--cors-origin",
                                   "https://a.example,https://b.example",
                                   "--cors-origin",
                                   "http://localhost:5173",
                                   "--cors-credentials"});
    CHECK(options.http.cors.origins.size() == 3);
    CHECK(serve({"--cors-origin", "*"}).http.cors.origins.size() == 1);
}

TEST_CASE("CommandLine: an empty variable is none") {
    const Variable port("TYPHON_PORT", "");
    CHECK(serve({}).port == 3000);
}

TEST_CASE("CommandLine: a file has strings, numbers, booleans and comments") {
    const Place place;
    const Options options =
        serve(place.with_file("# ours\n"
                              "host = \"0.0.0.0\"\n"
                              "max-body = \"2M\"  # a size\n"
                              "request_timeout = \"5s\"\n"
                              "debug = true\n"
                              "fail-fast = false\n"));
    CHECK(options.host == "0.0.0.0");
    CHECK(options.http.max_body == 2'097'152);
    CHECK(options.relay.request_timeout == 5s);
    CHECK(options.supervisor.debug);
    CHECK_FALSE(options.supervisor.fail_fast);
}

TEST_CASE("CommandLine: a variable can switch off what the file switches on") {
    const Place place;
    const Variable debug("TYPHON_DEBUG", "false");
    CHECK_FALSE(serve(place.with_file("debug = true\n")).supervisor.debug);
}

TEST_CASE("CommandLine: TYPHON_CONFIG names the file, --config wins over it") {
    const Place one;
    const Place two;
    const Words words = two.with_file("port = 2\n");
    one.dir.write("typhon.toml", "port = 1\n");
    const Variable config("TYPHON_CONFIG", one.dir.file("typhon.toml"));
    CHECK(serve({}).port == 1);
    CHECK(serve(words).port == 2);
}

TEST_CASE("CommandLine: an unknown flag is named, and the way to the help") {
    CHECK(fault({"--prot", "80"}).find("'--prot") != std::string::npos);
    CHECK(fault({"--prot"}).find("typhon serve --help") != std::string::npos);
    CHECK(fault({"stray"}).find("'stray'") != std::string::npos);
}

TEST_CASE(
    "CommandLine: a bad value is named with the flag, the variable or the key that holds it") {
    const Place place;
    CHECK(fault({"--port", "70000"}) == "--port: '70000' is not a whole number from 0 to 65535");
    CHECK(fault(place.with_file("port = 70000\n")) ==
          place.dir.file("typhon.toml") + ": port: '70000' is not a whole number from 0 to 65535");
    CHECK(fault(place.with_file("fail_fast = \"perhaps\"\n")) ==
          place.dir.file("typhon.toml") + ": fail_fast: 'perhaps' is not true or false");
    const Variable port("TYPHON_PORT", "x");
    CHECK(fault({}) == "TYPHON_PORT: 'x' is not a whole number from 0 to 65535");
}

TEST_CASE("CommandLine: a flag without its value is an error") {
    CHECK(fault({"--port"}).find("--port") != std::string::npos);
}

TEST_CASE("CommandLine: an unknown key and an unknown section are errors") {
    const Place place;
    CHECK(fault(place.with_file("prot = 80\n")).find("unknown key 'prot'") != std::string::npos);
    CHECK(fault(place.with_file("[server]\nport = 80\n")).find("unknown key 'server") !=
          std::string::npos);
    CHECK(fault(place.with_file("config = \"x\"\n")).find("unknown key 'config'") !=
          std::string::npos);
}

TEST_CASE("CommandLine: a configuration file that is named and not there is an error") {
    CHECK(fault({"--config", "/nowhere/typhon.toml"}).find("/nowhere/typhon.toml") !=
          std::string::npos);
    const Variable config("TYPHON_CONFIG", "/nowhere/else.toml");
    CHECK(fault({}).find("/nowhere/else.toml") != std::string::npos);
}

TEST_CASE("CommandLine: --help names every kind of option and stops there") {
    const auto help = parse_serve({"--help"});
    REQUIRE(std::holds_alternative<HelpText>(help));
    const std::string& text = std::get<HelpText>(help).text;
    for (const char* part : {"--port", "--workers", "--max-body", "--config", "TYPHON_"}) {
        CHECK(text.find(part) != std::string::npos);
    }
}

TEST_CASE("CommandLine: client commands know where to look, and their own words") {
    const auto client = [](const char* command, const Words& words) {
        return std::get<ClientWords>(parse_client(command, words));
    };
    CHECK(client("status", {}).port == 3000);
    CHECK(client("status", {"--json"}).json);
    CHECK(client("reload", {"--port", "8080"}).port == 8080);
    CHECK(client("routes", {"--run-dir", "/run/x"}).run_dir == "/run/x");
    CHECK(client("scale", {"3"}).workers == 3);
    CHECK(client("scale", {"--port", "1", "3"}).workers == 3);
    CHECK(client("stop", {}).timeout == 60s);
    CHECK(client("stop", {"--timeout", "5s"}).timeout == 5s);
}

TEST_CASE(
    "CommandLine: client commands read port and run directory from the file, and bear the rest") {
    const Place place;
    const Words words = place.with_file("port = 8123\nworkers = 4\n");
    CHECK(std::get<ClientWords>(parse_client("status", words)).port == 8123);
}

TEST_CASE("CommandLine: client commands refuse what they do not know") {
    CHECK_THROWS_AS(static_cast<void>(parse_client("status", {"--workers", "3"})), CommandError);
    CHECK_THROWS_AS(static_cast<void>(parse_client("reload", {"--json"})), CommandError);
    CHECK_THROWS_AS(static_cast<void>(parse_client("scale", {})), CommandError);
    CHECK_THROWS_AS(static_cast<void>(parse_client("scale", {"0"})), CommandError);
    CHECK_THROWS_AS(static_cast<void>(parse_client("scale", {"65"})), CommandError);
    CHECK_THROWS_AS(static_cast<void>(parse_client("stop", {"--timeout", "x"})), CommandError);
}

TEST_CASE("CommandLine: --listen is repeated, a variable has commas, a file a list; a flag wins") {
    const auto hosts = [](const Options& options) {
        std::string text;
        for (const ListenAddress& address : options.listen) {
            text += address.host + address.path + " ";
        }
        return text;
    };
    CHECK(hosts(serve({})) == "127.0.0.1 ");
    CHECK(hosts(serve({"--listen", "a:1", "--listen=unix:/b", "--workers", "2"})) == "a /b ");
    CHECK(hosts(serve({"--port", "2", "--listen", "a:1"})) == "127.0.0.1 a ");
    const Place place;
    const Words words = place.with_file("listen = [\"c:1\", \"d:2\"]\n");
    CHECK(hosts(serve(words)) == "c d ");
    const Variable listen("TYPHON_LISTEN", "e:1,f:2");
    CHECK(hosts(serve(words)) == "e f ");
    CHECK(hosts(serve(place.with_file("listen = \"c:1\"\n", {"--listen", "g:1"}))) == "g ");
    CHECK(fault({"--listen", "nowhere"}).find("'nowhere'") != std::string::npos);
}
