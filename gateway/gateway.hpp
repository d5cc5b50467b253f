// One running gateway: owns loops, front, relay, supervisor and admin server, and takes them
// through start and stop.
//
// It holds no logic of theirs. run() is called on the main thread, which becomes loop 0.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/signal_set.hpp>

#include "gateway/admin/admin_server.hpp"
#include "gateway/asio.hpp"
#include "gateway/http/body_budget.hpp"
#include "gateway/http/id_source.hpp"
#include "gateway/http/listener.hpp"
#include "gateway/http/server.hpp"
#include "gateway/http/tls_certificates.hpp"
#include "gateway/native/blocking_pool.hpp"
#include "gateway/native/native_router.hpp"
#include "gateway/options.hpp"
#include "gateway/relay/relay.hpp"
#include "gateway/relay/remote_port.hpp"
#include "gateway/supervisor/supervisor.hpp"
#include "proto/deadline.hpp"

namespace typhon {

class Gateway {
public:
    /// Binds the addresses of `options.listen` and the relay's socket. Throws http::ListenError
    /// when one of them cannot be bound, http::TlsError when certificate or key cannot be used,
    /// access::OpenError when the access log cannot.
    Gateway(const Options& options, const NativeRouter& router);
    ~Gateway();
    Gateway(const Gateway&) = delete;
    Gateway& operator=(const Gateway&) = delete;
    Gateway(Gateway&&) = delete;
    Gateway& operator=(Gateway&&) = delete;

    /// The first address that it listens on: "127.0.0.1:3000".
    [[nodiscard]] const std::string& address() const noexcept { return listeners_.front()->text(); }

    /// Serves until it is told to stop. The result is the exit code.
    int run();

    /// After run(): a native handler may still run on the blocking pool, and nobody waits for it.
    [[nodiscard]] bool gave_up() const noexcept { return gave_up_; }
    /// After run(): ends the workers and the admin socket, but not what runs on the blocking pool;
    /// the process must exit without destroying this object.
    void abandon();

private:
    enum class Phase : std::uint8_t { serving, draining_front, draining_workers, ended };

    // start
    void start_servers();
    void start_admin();
    void run_loop();
    void start_loop_threads();
    void deal_out(int fd, bool tls);

    // signals
    void wait_signal();
    void on_signal(int number);
    void reload_certificates();

    // stop, on loop 0, in this order
    void request_stop();
    void begin_stop();
    void on_loop_empty();
    void watch_front();
    void give_up_requests();
    void stop_workers();
    void end_loops();
    void force_stop();

    // admin
    [[nodiscard]] ReloadResult reload();
    [[nodiscard]] nlohmann::json status_json() const;
    [[nodiscard]] nlohmann::json tls_json() const;
    [[nodiscard]] nlohmann::json answers_json() const;
    [[nodiscard]] nlohmann::json access_log_json() const;
    [[nodiscard]] nlohmann::json routes_json() const;
    void log_start() const;

    Options options_;
    const NativeRouter& router_;
    http::BodyBudget bodies_;  // outlives the loops, which own the connections
    std::unique_ptr<access::AccessLog> access_log_;  // null: none; outlives the loops, too
    std::vector<std::unique_ptr<asio::io_context>> loops_;
    std::unique_ptr<http::TlsCertificates> certificates_;  // null: none is needed
    std::vector<std::unique_ptr<http::Listener>> listeners_;
    http::IdSource ids_;
    BlockingPool blocking_pool_;
    BlockingPool coding_pool_;
    std::vector<std::unique_ptr<relay::RemotePort>> remote_ports_;
    std::unique_ptr<relay::Relay> relay_;
    std::unique_ptr<Supervisor> supervisor_;
    std::vector<std::unique_ptr<http::LoopServer>> servers_;
    std::unique_ptr<AdminServer> admin_;
    std::vector<std::thread> threads_;
    asio::basic_signal_set<LoopExecutor> signals_;
    asio::basic_waitable_timer<proto::SteadyClock,
                               asio::wait_traits<proto::SteadyClock>,
                               LoopExecutor>
        stop_timer_;

    std::atomic<Phase> phase_ = Phase::serving;
    proto::Deadline drain_by_;
    std::size_t next_loop_ = 0;
    std::atomic<std::size_t> empty_loops_ = 0;
    int exit_code_ = 0;
    bool gave_up_ = false;
    proto::SteadyClock::time_point started_at_ = proto::SteadyClock::now();
};

}  // namespace typhon
