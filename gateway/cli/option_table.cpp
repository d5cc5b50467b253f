// Every option in one table, which is why this file is long: a further option is one further entry.
#include "gateway/cli/option_table.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "gateway/cli/listen_address.hpp"
#include "gateway/cli/values.hpp"
#include "gateway/supervisor/supervisor.hpp"
#include "proto/limits.hpp"

namespace typhon::cli {

namespace {

using Set = std::function<void(Options&, const std::string&)>;
using namespace std::chrono_literals;

constexpr std::uint64_t kKibi = 1024;
constexpr std::uint64_t kMebi = kKibi * kKibi;
constexpr std::uint64_t kGibi = kMebi * kKibi;
constexpr std::uint64_t kMillion = 1'000'000;

// Setters: `field` finds the member of Options.

template <class Field>
Set number(Field field, std::uint64_t min, std::uint64_t max) {
    return [=](Options& options, const std::string& text) {
        auto& target = field(options);
        target =
            static_cast<std::remove_reference_t<decltype(target)>>(parse_number(text, min, max));
    };
}

template <class Field>
Set bytes(Field field, std::uint64_t min, std::uint64_t max) {
    return [=](Options& options, const std::string& text) {
        field(options) = parse_size(text, min, max);
    };
}

template <class Field>
Set duration(Field field, Milliseconds min, Milliseconds max) {
    return [=](Options& options, const std::string& text) {
        field(options) = parse_duration(text, min, max);
    };
}

template <class Field>
Set text(Field field) {
    return [=](Options& options, const std::string& value) {
        if (value.empty() || value.find('\0') != std::string::npos) {
            throw std::invalid_argument("it must not be empty");
        }
        field(options) = value;
    };
}

/// Adds a value to a list of a repeatable option.
template <class Field>
Set listed(Field field, std::string (*parse)(std::string_view)) {
    return
        [=](Options& options, const std::string& value) { field(options).push_back(parse(value)); };
}

template <class Field>
Set flag(Field field) {
    return [=](Options& options, const std::string& value) { field(options) = parse_flag(value); };
}

void set_log_level(Options& options, const std::string& value) {
    for (const std::string_view level : {"trace", "debug", "info", "warn", "error", "off"}) {
        if (value == level) {
            options.log_level = value;
            return;
        }
    }
    throw std::invalid_argument("'" + value + "' is not trace, debug, info, warn, error or off");
}

void set_access_log(Options& options, const std::string& value) {
    using access::Form;
    constexpr std::array<std::pair<std::string_view, Form>, 3> kForms{
        {{"off", Form::off}, {"text", Form::text}, {"json", Form::json}}};
    for (const auto& [name, form] : kForms) {
        if (value == name) {
            options.access_log.form = form;
            return;
        }
    }
    throw std::invalid_argument("'" + value + "' is not off, text or json");
}

void set_pool_workers(Options& options, const std::string& value) {
    constexpr std::uint64_t kMost = 1024;
    if (value == "auto") {
        options.supervisor.pool_workers.reset();
    } else {
        options.supervisor.pool_workers = static_cast<std::uint32_t>(parse_number(value, 0, kMost));
    }
}

void set_pool(Options& options, const std::string& value) {
    constexpr std::string_view kDask = "dask://";
    const std::size_t colon = value.rfind(':');
    if (value != "processes" && (!value.starts_with(kDask) || colon <= kDask.size())) {
        throw std::invalid_argument("'" + value + "' is not 'processes' or 'dask://HOST:PORT'");
    }
    if (value != "processes") {
        static_cast<void>(parse_number(value.substr(colon + 1), 1, UINT16_MAX));
    }
    options.supervisor.pool = value;
}

void add_static(Options& options, const std::string& value) {
    StaticDirectory added = parse_static(value);
    for (const StaticDirectory& each : options.http.statics) {
        if (each.prefix == added.prefix) {
            throw std::invalid_argument("two directories for the path of '" + value + "'");
        }
    }
    options.http.statics.push_back(std::move(added));
}

void add_listen(Options& options, const std::string& value) {
    options.listen.push_back(parse_listen(value));
}

void add_trusted_proxy(Options& options, const std::string& value) {
    options.http.trusted_proxies.add(value);
}

void set_forwarded_by(Options& options, const std::string& value) {
    if (value != "either" && value != "x-forwarded" && value != "forwarded") {
        throw std::invalid_argument("'" + value + "' is not either, x-forwarded or forwarded");
    }
    options.http.forwarded_by = value == "either"      ? http::ForwardedBy::either
                                : value == "forwarded" ? http::ForwardedBy::forwarded
                                                       : http::ForwardedBy::x_forwarded;
}

/// --host and --port are an address of their own only when one of them is given.
Set given(Set set) {
    return [set = std::move(set)](Options& options, const std::string& value) {
        set(options, value);
        options.host_or_port_given = true;
    };
}

// NOLINTBEGIN(bugprone-macro-parentheses): a member's name takes none
#define TYPHON_FIELD(member)   \
    [](Options & o) -> auto& { \
        return o.member;       \
    }
// NOLINTEND(bugprone-macro-parentheses)

void add_front(std::vector<OptionSpec>& table) {
    table.insert(
        table.end(),
        {{"host", "ADDRESS", "127.0.0.1", "Address to listen on", given(text(TYPHON_FIELD(host)))},
         {"port",
          "PORT",
          "3000",
          "Port to listen on; 0 takes any free one",
          given(number(TYPHON_FIELD(port), 0, UINT16_MAX))},
         {"listen",
          "PLACE",
          "--host and --port",
          "Where to listen, may be repeated: [https://]HOST:PORT, [https://]unix:PATH[?mode=660], "
          "or systemd; --host and --port are one more when they are given",
          add_listen,
          true},
         {"tls-cert",
          "FILE",
          "none",
          "Certificate of the https:// addresses, PEM, with its chain; read again at a reload",
          text(TYPHON_FIELD(tls_cert))},
         {"tls-key",
          "FILE",
          "none",
          "Private key of the certificate, PEM; nobody else may read it",
          text(TYPHON_FIELD(tls_key))},
         {"io-threads",
          "N",
          "1",
          "Event loop threads of the gateway",
          number(TYPHON_FIELD(io_threads), 1, 64)},
         {"max-connections",
          "N",
          "10000",
          "Open connections; one more is answered 503",
          number(TYPHON_FIELD(http.max_connections), 1, kMillion)},
         {"max-connections-per-address",
          "N",
          "0",
          "Open connections of one client address; one more is answered 429; 0: no such limit",
          number(TYPHON_FIELD(http.max_connections_per_address), 0, kMillion)},
         {"trusted-proxy",
          "NETWORK",
          "none",
          "Proxies whose word on client, scheme and host counts, may be repeated: ADDRESS, "
          "ADDRESS/BITS, or unix",
          add_trusted_proxy,
          true},
         {"forwarded-by",
          "KIND",
          "either",
          "The fields by which they say it: x-forwarded, forwarded (RFC 7239), or either",
          set_forwarded_by}});
}

void add_front_limits(std::vector<OptionSpec>& table) {
    table.insert(
        table.end(),
        {{"max-body",
          "SIZE",
          "16M",
          "Largest request body; a larger one is answered 413",
          bytes(TYPHON_FIELD(http.max_body), 1, proto::kMaxBytes)},
         {"max-websocket-message",
          "SIZE",
          "1M",
          "Largest message of a WebSocket's client; a larger one closes it with 1009",
          bytes(TYPHON_FIELD(http.max_websocket_message), 1, proto::kMaxBytes)},
         {"max-body-memory",
          "SIZE",
          "256M",
          "Memory for request bodies of all connections; further ones wait, then are answered 503",
          bytes(TYPHON_FIELD(http.max_body_memory), kMebi, 1024 * kGibi)},
         {"max-answer-memory",
          "SIZE",
          "256M",
          "Memory for answers that clients have not taken yet; who has not read for longest is cut "
          "off",
          bytes(TYPHON_FIELD(http.max_answer_memory), kMebi, 1024 * kGibi)},
         {"max-head",
          "SIZE",
          "64K",
          "Largest request line with header fields; a larger one is answered 431",
          bytes(TYPHON_FIELD(http.max_head), kKibi, kMebi)}});
}

void add_front_times(std::vector<OptionSpec>& table) {
    table.insert(
        table.end(),
        {{"head-timeout",
          "TIME",
          "10s",
          "Time for a whole request head to arrive",
          duration(TYPHON_FIELD(http.head_timeout), 10ms, 1h)},
         {"body-timeout",
          "TIME",
          "60s",
          "Time for a whole request body to arrive; a minimum rate is asked of it, too",
          duration(TYPHON_FIELD(http.body_timeout), 10ms, 24h)},
         {"write-timeout",
          "TIME",
          "60s",
          "Time for a client to take an answer",
          duration(TYPHON_FIELD(http.write_timeout), 10ms, 24h)},
         {"websocket-ping",
          "TIME",
          "20s",
          "Time between pings of a silent WebSocket; without an answer until the next, it ends",
          duration(TYPHON_FIELD(http.websocket_ping), 10ms, 24h)},
         {"idle-timeout",
          "TIME",
          "75s",
          "Time that a connection is kept open without a request",
          duration(TYPHON_FIELD(http.idle_timeout), 10ms, 24h)},
         {"blocking-threads",
          "N",
          "8",
          "Threads for native handlers that may block, and for streamed answers",
          number(TYPHON_FIELD(http.blocking_threads), 1, 1024)},
         {"blocking-queue",
          "N",
          "256",
          "Native requests that may wait for such a thread; one more is answered 503",
          number(TYPHON_FIELD(http.blocking_queue), 1, kMillion)}});
}

void add_workers(std::vector<OptionSpec>& table) {
    table.insert(table.end(),
                 {{"workers",
                   "N",
                   "1",
                   "Worker processes",
                   number(TYPHON_FIELD(supervisor.workers), 1, Supervisor::kMaxWorkers)},
                  {"threads",
                   "N",
                   "8",
                   "Threads in each worker that run handlers",
                   number(TYPHON_FIELD(supervisor.threads), 1, 256)},
                  {"worker-nice",
                   "N",
                   "12",
                   "How far workers and pools give way to the gateway when cores are short (nice)",
                   number(TYPHON_FIELD(supervisor.worker_nice), 0, 19)},
                  {"pool-workers",
                   "N",
                   "auto",
                   "Pool processes of all workers together; auto: one for each core; 0: no pool",
                   set_pool_workers},
                  {"pool",
                   "KIND",
                   "processes",
                   "Where pool handlers compute: processes, or dask://HOST:PORT",
                   set_pool}});
}

void add_requests(std::vector<OptionSpec>& table) {
    table.insert(table.end(),
                 {{"request-timeout",
                   "TIME",
                   "30s",
                   "Time for a Python request, waiting included; then it is answered 504",
                   duration(TYPHON_FIELD(relay.request_timeout), 10ms, 24h)},
                  {"queue",
                   "N",
                   "1024",
                   "Python requests that may wait for a worker; one more is answered 503",
                   number(TYPHON_FIELD(relay.queue_requests), 1, kMillion)},
                  {"queue-bytes",
                   "SIZE",
                   "64M",
                   "Memory of the requests that wait",
                   bytes(TYPHON_FIELD(relay.queue_bytes), kKibi, 64 * kGibi)},
                  {"start-timeout",
                   "TIME",
                   "60s",
                   "Time for a worker to become ready",
                   duration(TYPHON_FIELD(supervisor.start_timeout), 100ms, 1h)},
                  {"drain-timeout",
                   "TIME",
                   "30s",
                   "Time to finish what was accepted, at a stop and at a reload",
                   duration(TYPHON_FIELD(supervisor.drain_timeout), 0ms, 24h)},
                  {"hang-grace",
                   "TIME",
                   "5s",
                   "Time for a handler to end after its request's deadline; then its worker is "
                   "replaced",
                   duration(TYPHON_FIELD(relay.hang_grace), 0ms, 24h)},
                  {"silent-timeout",
                   "TIME",
                   "10s",
                   "Time without a sign of life from a worker; then it is killed and replaced",
                   duration(TYPHON_FIELD(relay.silent_timeout), 1s, 1h)},
                  {"debug",
                   "",
                   "false",
                   "Show tracebacks of Python handlers to clients",
                   flag(TYPHON_FIELD(supervisor.debug))},
                  {"fail-fast",
                   "",
                   "false",
                   "End with exit code 7 when the workers cannot start",
                   flag(TYPHON_FIELD(supervisor.fail_fast))}});
}

void add_content(std::vector<OptionSpec>& table) {
    table.insert(
        table.end(),
        {{"static",
          "PATH=DIR",
          "none",
          "Files of DIR are served below PATH; may be given more than once",
          add_static,
          true},
         {"file-root",
          "DIR",
          "that of --app",
          "Directory whose files Python handlers may have sent; may be given more than once",
          listed(TYPHON_FIELD(http.file_roots), parse_text),
          true},
         {"compress",
          "",
          "false",
          "Compress answers by Accept-Encoding, with br or gzip",
          flag(TYPHON_FIELD(http.compress))},
         {"compress-min-size",
          "SIZE",
          "1K",
          "Smaller answers are not compressed",
          bytes(TYPHON_FIELD(http.compress_min_size), 0, kGibi)}});
}

void add_cors(std::vector<OptionSpec>& table) {
    table.insert(
        table.end(),
        {{"cors-origin",
          "ORIGIN",
          "none",
          "Origin whose scripts may use the answers, https://app.example, or *; may be given more "
          "than once",
          listed(TYPHON_FIELD(http.cors.origins), parse_origin),
          true},
         {"cors-method",
          "METHOD",
          "GET, HEAD, POST, PUT, PATCH, DELETE",
          "Method that they may use; may be given more than once",
          listed(TYPHON_FIELD(http.cors.methods), parse_token),
          true},
         {"cors-header",
          "NAME",
          "Authorization, Content-Type",
          "Request header field that they may set; may be given more than once",
          listed(TYPHON_FIELD(http.cors.headers), parse_token),
          true},
         {"cors-expose",
          "NAME",
          "none",
          "Header field of answers that they may read; may be given more than once",
          listed(TYPHON_FIELD(http.cors.exposed), parse_token),
          true},
         {"cors-credentials",
          "",
          "false",
          "They may send cookies and other credentials",
          flag(TYPHON_FIELD(http.cors.credentials))},
         {"cors-max-age",
          "TIME",
          "10m",
          "Time that a browser may remember what it was allowed",
          duration(TYPHON_FIELD(http.cors.max_age), 0ms, 24h)}});
}

/// When workers are replaced by new ones.
void add_replacement(std::vector<OptionSpec>& table) {
    table.insert(table.end(),
                 {{"reload",
                   "",
                   "false",
                   "Reload the workers when a Python file of the application changes",
                   flag(TYPHON_FIELD(supervisor.reload_on_change))},
                  {"max-requests",
                   "N",
                   "0",
                   "Requests after which a worker is replaced by a fresh one; 0: no limit",
                   number(TYPHON_FIELD(supervisor.max_requests), 0, kMillion * kMillion)},
                  {"max-requests-jitter",
                   "N",
                   "0",
                   "Up to so many requests more, at random for each worker",
                   number(TYPHON_FIELD(supervisor.max_requests_jitter), 0, kMillion * kMillion)},
                  {"max-worker-rss",
                   "SIZE",
                   "0",
                   "Resident memory of a worker and its pool after which it is replaced by a fresh "
                   "one; 0: no limit",
                   bytes(TYPHON_FIELD(supervisor.max_worker_rss), 0, kKibi * kGibi)},
                  {"max-worker-age",
                   "TIME",
                   "0",
                   "Age after which a worker is replaced by a fresh one; 0: no limit",
                   duration(TYPHON_FIELD(supervisor.max_worker_age), 0ms, 24h * 365)}});
}

void add_places(std::vector<OptionSpec>& table) {
    table.insert(
        table.end(),
        {{"app",
          "DIR",
          "app",
          "Directory of the Python application",
          text(TYPHON_FIELD(supervisor.app))},
         {"run-dir",
          "DIR",
          "by port",
          "Directory of the lock and the sockets; default $XDG_RUNTIME_DIR/typhon-PORT, else in "
          "the temp directory",
          text(TYPHON_FIELD(supervisor.run_dir))},
         {"venv",
          "DIR",
          "none",
          "Virtual environment with the packages of the application",
          text(TYPHON_FIELD(venv))},
         {"python",
          "FILE",
          "that of --venv, else of the build",
          "Python interpreter of the workers and their pools",
          text(TYPHON_FIELD(supervisor.python))},
         {"framework",
          "DIR",
          "beside the gateway",
          "Directory that holds the typhon Python package",
          text(TYPHON_FIELD(supervisor.framework))},
         {"worker-bin",
          "FILE",
          "beside the gateway",
          "The typhon-worker executable",
          text(TYPHON_FIELD(supervisor.worker_bin))},
         {"log-level", "LEVEL", "info", "trace, debug, info, warn, error or off", set_log_level},
         {"access-log",
          "FORM",
          "off",
          "A line for each request: off, text or json",
          set_access_log},
         {"access-log-file",
          "FILE",
          "standard error, as the log",
          "File of the access log, - for standard output; SIGUSR1 has it opened again",
          text(TYPHON_FIELD(access_log.file))}});
}

#undef TYPHON_FIELD

std::vector<OptionSpec> make_table() {
    std::vector<OptionSpec> table;
    add_front(table);
    add_front_limits(table);
    add_front_times(table);
    add_content(table);
    add_cors(table);
    add_workers(table);
    add_requests(table);
    add_replacement(table);
    add_places(table);
    return table;
}

}  // namespace

std::string OptionSpec::variable() const {
    std::string result = "TYPHON_";
    for (const char letter : name) {
        result += letter == '-'
                      ? '_'
                      : static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    }
    return result;
}

const std::vector<OptionSpec>& option_table() {
    static const std::vector<OptionSpec> table = make_table();
    return table;
}

const OptionSpec* find_option(const std::string& name) {
    std::string dashed = name;
    std::replace(dashed.begin(), dashed.end(), '_', '-');
    const auto& table = option_table();
    const auto found = std::find_if(
        table.begin(), table.end(), [&dashed](const auto& spec) { return spec.name == dashed; });
    return found == table.end() ? nullptr : &*found;
}

}  // namespace typhon::cli
