#include "gateway/cli/option_table.hpp"

#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

#include <doctest/doctest.h>

using namespace typhon;
using namespace typhon::cli;
using namespace std::chrono_literals;

TEST_CASE("OptionTable: every option has a name of its own, a help text and a default") {
    std::set<std::string> names;
    for (const OptionSpec& spec : option_table()) {
        CAPTURE(spec.name);
        CHECK(names.insert(spec.name).second);
        CHECK_FALSE(spec.help.empty());
        CHECK(spec.help.back() != '.');
        CHECK_FALSE(spec.fallback.empty());
        CHECK(spec.set);
    }
}

TEST_CASE("OptionTable: what it calls the default is the default") {
    const Options defaults;
    Options set;
    for (const OptionSpec& spec : option_table()) {
        const bool in_words = spec.type == "DIR" || spec.type == "FILE" || spec.repeatable;
        if (!in_words) {
            CAPTURE(spec.name);
            spec.set(set, spec.fallback);
        }
    }
    CHECK(set.host == defaults.host);
    CHECK(set.port == defaults.port);
    CHECK(set.io_threads == defaults.io_threads);
    CHECK(set.log_level == defaults.log_level);
    CHECK(set.http.max_connections == defaults.http.max_connections);
    CHECK(set.http.max_body == defaults.http.max_body);
    CHECK(set.http.max_body_memory == defaults.http.max_body_memory);
    CHECK(set.http.max_answer_memory == defaults.http.max_answer_memory);
    CHECK(set.http.max_head == defaults.http.max_head);
    CHECK(set.http.head_timeout == defaults.http.head_timeout);
    CHECK(set.http.body_timeout == defaults.http.body_timeout);
    CHECK(set.http.write_timeout == defaults.http.write_timeout);
    CHECK(set.http.idle_timeout == defaults.http.idle_timeout);
    CHECK(set.http.blocking_threads == defaults.http.blocking_threads);
    CHECK(set.http.blocking_queue == defaults.http.blocking_queue);
    CHECK(set.http.compress == defaults.http.compress);
    CHECK(set.http.compress_min_size == defaults.http.compress_min_size);
    CHECK(set.http.cors.credentials == defaults.http.cors.credentials);
    CHECK(set.http.cors.max_age == defaults.http.cors.max_age);
    CHECK(set.relay.request_timeout == defaults.relay.request_timeout);
    CHECK(set.relay.queue_requests == defaults.relay.queue_requests);
    CHECK(set.relay.queue_bytes == defaults.relay.queue_bytes);
    CHECK(set.supervisor.workers == defaults.supervisor.workers);
    CHECK(set.supervisor.threads == defaults.supervisor.threads);
    CHECK(set.supervisor.pool_workers == defaults.supervisor.pool_workers);
    CHECK(set.supervisor.pool == defaults.supervisor.pool);
    CHECK(set.supervisor.start_timeout == defaults.supervisor.start_timeout);
    CHECK(set.supervisor.drain_timeout == defaults.supervisor.drain_timeout);
    CHECK(set.supervisor.reload_on_change == defaults.supervisor.reload_on_change);
    CHECK(set.supervisor.max_requests == defaults.supervisor.max_requests);
    CHECK(set.supervisor.max_requests_jitter == defaults.supervisor.max_requests_jitter);
    CHECK(set.supervisor.max_worker_rss == defaults.supervisor.max_worker_rss);
    CHECK(set.supervisor.max_worker_age == defaults.supervisor.max_worker_age);
    CHECK(set.supervisor.debug == defaults.supervisor.debug);
    CHECK(set.supervisor.fail_fast == defaults.supervisor.fail_fast);
}

TEST_CASE("OptionTable: an option sets its own field") {
    Options options;
    const auto set = [&options](const char* name, const char* value) {
        const OptionSpec* spec = find_option(name);
        REQUIRE(spec != nullptr);
        spec->set(options, value);
    };
    set("workers", "4");
    set("pool-workers", "6");
    set("drain-timeout", "1500ms");
    set("queue", "7");
    set("venv", "/srv/venv");
    set("run_dir", "/run/typhon");
    CHECK(options.supervisor.workers == 4);
    CHECK(options.supervisor.pool_workers == 6U);
    set("pool-workers", "0");
    CHECK(options.supervisor.pool_workers == 0U);
    set("pool-workers", "auto");
    CHECK_FALSE(options.supervisor.pool_workers.has_value());
    CHECK(options.supervisor.drain_timeout == 1500ms);
    CHECK(options.relay.queue_requests == 7);
    CHECK(options.venv == "/srv/venv");
    CHECK(options.supervisor.run_dir == "/run/typhon");
}

TEST_CASE("OptionTable: values out of range are refused") {
    Options options;
    const auto refused = [&options](const char* name, const char* value) {
        CAPTURE(name);
        CAPTURE(value);
        CHECK_THROWS_AS(find_option(name)->set(options, value), std::invalid_argument);
    };
    refused("workers", "0");
    refused("workers", "65");
    refused("threads", "0");
    refused("threads", "257");
    refused("port", "65536");
    refused("io-threads", "0");
    refused("request-timeout", "0");
    refused("max-body", "1G");  // more than one envelope may hold
    refused("log-level", "loud");
    refused("pool", "threads");
    refused("pool", "dask://host");
    refused("pool", "dask://:1");
    refused("pool", "dask://host:x");
    refused("host", "");
    refused("debug", "perhaps");
    for (const char* origin : {"app.example",
                               "https://",
                               "://app.example",
                               "https://app.example/",
                               "https://App.example",
                               "https://user@app.example",
                               "https://a.example https://b.example",
                               "https://a\r\nX: y",
                               "null",
                               "**"}) {
        refused("cors-origin", origin);
    }
    refused("cors-method", "GET POST");
    refused("cors-header", "X-A\r\nX-B: c");
    refused("cors-expose", "");
    refused("static", "/assets");
    refused("static", "/assets=");
    refused("static", "assets=dir");
    refused("static", "=dir");
    refused("static", "/a//b=dir");
    refused("static", "/../a=dir");
    refused("static", "/python=dir");
    refused("static", "/-/healthy=dir");
}

TEST_CASE("OptionTable: a dask pool is an address") {
    Options options;
    find_option("pool")->set(options, "dask://10.0.0.1:8786");
    CHECK(options.supervisor.pool == "dask://10.0.0.1:8786");
}

TEST_CASE("OptionTable: names lead to variables, and unknown names to nothing") {
    CHECK(find_option("max-body")->variable() == "TYPHON_MAX_BODY");
    CHECK(find_option("max_body") == find_option("max-body"));
    CHECK(find_option("max-bodies") == nullptr);
    CHECK(find_option("") == nullptr);
}

TEST_CASE(
    "OptionTable: docs/options.md is what the table says (else: typhon options > "
    "docs/options.md)") {
    std::ostringstream page;
    page << std::ifstream(TYPHON_OPTIONS_PAGE).rdbuf();
    CHECK(page.str() == options_markdown());
}

TEST_CASE("OptionTable: a static directory is a path and a directory, one for each path") {
    Options options;
    const OptionSpec& spec = *find_option("static");
    spec.set(options, "/assets/=dist=1");
    spec.set(options, "/=public");
    spec.set(options, "/python/my%20files=x");
    const auto& statics = options.http.statics;
    REQUIRE(statics.size() == 3);
    CHECK(statics[0].prefix == std::vector<std::string>{"assets"});
    CHECK(statics[0].directory == "dist=1");
    CHECK(statics[1].prefix.empty());
    CHECK(statics[2].prefix == std::vector<std::string>{"python", "my files"});
    CHECK_THROWS_AS(spec.set(options, "/assets=other"), std::invalid_argument);
}
