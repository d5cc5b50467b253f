// Every option of the gateway as a plain value. cli/option_table.cpp declares flag, environment
// variable, key, default and help text of each, once.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gateway/access/access_log.hpp"
#include "gateway/http/forwarded.hpp"

namespace typhon {

using Milliseconds = std::chrono::milliseconds;

/// Files that are served below a path: `--static PREFIX=DIR`.
struct StaticDirectory {
    std::vector<std::string> prefix;  // decoded segments; none: the root
    std::string directory;            // absolute, when the options are resolved
};

/// Which scripts of other origins may use the answers (the Fetch standard, section 3.2).
struct CorsOptions {
    std::vector<std::string> origins;  // "https://app.example", or "*"; none: no such fields
    std::vector<std::string> methods;  // none: those that are common
    std::vector<std::string> headers;  // none: Authorization and Content-Type
    std::vector<std::string> exposed;
    bool credentials = false;
    Milliseconds max_age{600'000};
};

/// Limits and deadlines of the HTTP front (DESIGN 3 and 8).
struct HttpOptions {
    std::size_t max_body = std::size_t{16} << 20;
    std::size_t max_body_memory = std::size_t{256} << 20;    // of all bodies together
    std::size_t max_answer_memory = std::size_t{256} << 20;  // of all unsent answers together
    std::size_t max_head = std::size_t{64} << 10;
    std::size_t max_fields = 100;
    std::size_t max_target = std::size_t{8} << 10;
    std::size_t max_connections = 10000;
    std::size_t max_connections_per_address = 0;  // 0: no limit of its own
    http::NetworkSet trusted_proxies;
    http::ForwardedBy forwarded_by = http::ForwardedBy::either;
    std::size_t max_refusing = 256;   // more of them, which are told 503 at a time
    std::size_t min_body_rate = 240;  // bytes per second, after body_grace
    Milliseconds head_timeout{10'000};
    Milliseconds body_timeout{60'000};
    Milliseconds write_timeout{60'000};
    Milliseconds websocket_ping{20'000};  // a client that does not answer one is gone
    std::size_t max_websocket_message = std::size_t{1} << 20;
    Milliseconds idle_timeout{75'000};
    std::size_t blocking_threads =
        8;  // pool of native handlers marked blocking and of content providers
    std::size_t blocking_queue = 256;
    std::size_t coding_threads = 2;  // compress what is too large for the loop
    std::size_t coding_queue = 64;
    std::vector<StaticDirectory> statics;
    std::vector<std::string> file_roots;  // absolute: where a handler's files may lie
    bool sendfile = true;                 // false: file bytes are copied
    bool compress = false;
    std::size_t compress_min_size = 1024;
    CorsOptions cors;
};

struct RelayOptions {
    std::size_t queue_requests = 1024;
    std::size_t queue_bytes = std::size_t{64} << 20;
    Milliseconds request_timeout{30'000};
    std::uint32_t wide_credit = 128;  // requests of quick handlers in one worker
    Milliseconds ping_interval{1'000};
    Milliseconds silent_timeout{10'000};  // without any message from a worker
    Milliseconds hang_grace{5'000};       // for a handler, beyond its deadline
};

struct SupervisorOptions {
    std::uint32_t workers = 1;
    std::uint32_t threads = 8;
    std::uint32_t worker_nice = 12;             // added to the niceness of the gateway
    std::optional<std::uint32_t> pool_workers;  // of all workers together; none: one for each core
    std::string pool = "processes";
    std::string app;             // absolute
    std::string framework;       // absolute: the directory that holds typhon/
    std::string python;          // absolute: interpreter of the build or of --venv
    std::string worker_bin;      // absolute: typhon-worker
    std::string run_dir;         // absolute, 0700, made and locked
    std::string native_api;      // absolute: what native routes say of themselves; empty: nothing
    std::size_t open_files = 0;  // their soft limit of descriptors; 0: that of the gateway
    bool debug = false;
    bool fail_fast = false;
    bool reload_on_change = false;
    std::uint64_t max_requests = 0;  // of a worker, until it is recycled; 0: no limit
    std::uint64_t max_requests_jitter = 0;
    std::size_t max_worker_rss = 0;  // bytes, its pool included; 0: no limit
    Milliseconds max_worker_age{0};  // 0: no limit
    Milliseconds start_timeout{60'000};
    Milliseconds drain_timeout{30'000};
};

/// One place to listen on.
struct ListenAddress {
    enum class Kind : std::uint8_t { tcp, unix_socket, systemd };

    Kind kind = Kind::tcp;
    bool tls = false;
    std::string host;        // tcp: an address or a name
    std::uint16_t port = 0;  // tcp; 0: any free port
    std::string path;        // unix_socket
    unsigned mode = 0660;    // unix_socket: of its file

    friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 3000;  // 0: any free port, printed in the log and in `status`
    bool host_or_port_given = false;
    std::vector<ListenAddress> listen;  // as given; settled with host and port when all is parsed
    std::string tls_cert;               // empty: no address speaks TLS
    std::string tls_key;
    std::uint32_t io_threads = 1;
    std::string venv;  // as given; empty: the build's interpreter
    std::string log_level = "info";
    access::Options access_log;
    HttpOptions http;
    RelayOptions relay;
    SupervisorOptions supervisor;
};

}  // namespace typhon
