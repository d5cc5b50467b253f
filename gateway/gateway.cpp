#include "gateway/gateway.hpp"

#include <csignal>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <sched.h>
#include <spdlog/spdlog.h>

#include "gateway/exit_codes.hpp"

namespace typhon {

namespace {

std::vector<std::unique_ptr<asio::io_context>> make_loops(std::uint32_t count) {
    std::vector<std::unique_ptr<asio::io_context>> loops;
    loops.reserve(count);
    for (std::uint32_t index = 0; index < count; ++index) {
        loops.push_back(std::make_unique<asio::io_context>(1));
    }
    return loops;
}

std::vector<asio::io_context*> addresses(
    const std::vector<std::unique_ptr<asio::io_context>>& loops) {
    std::vector<asio::io_context*> pointers;
    pointers.reserve(loops.size());
    for (const auto& loop : loops) {
        pointers.push_back(loop.get());
    }
    return pointers;
}

std::unique_ptr<http::TlsCertificates> make_certificates(const Options& options) {
    return options.tls_cert.empty() ? nullptr
                                    : std::make_unique<http::TlsCertificates>(
                                          http::TlsFiles{options.tls_cert, options.tls_key});
}

std::unique_ptr<access::AccessLog> make_access_log(const access::Options& options) {
    if (options.form == access::Form::off) {
        return nullptr;
    }
    return std::make_unique<access::AccessLog>(options);
}

std::vector<std::unique_ptr<http::Listener>> make_listeners(asio::io_context& loop,
                                                            const Options& options) {
    std::vector<std::unique_ptr<http::Listener>> listeners;
    for (http::ListenSocket& socket : http::listen_on_all(options.listen)) {
        if (socket.tls && options.tls_cert.empty()) {
            throw http::TlsError("the socket " + socket.text +
                                 " of systemd is named https: give --tls-cert and --tls-key");
        }
        listeners.push_back(std::make_unique<http::Listener>(loop, std::move(socket)));
    }
    return listeners;
}

}  // namespace

Gateway::Gateway(const Options& options, const NativeRouter& router)
    : options_(options),
      router_(router),
      bodies_(options.http.max_body_memory, options.http.max_body),
      access_log_(make_access_log(options.access_log)),
      loops_(make_loops(options.io_threads)),
      certificates_(make_certificates(options)),
      listeners_(make_listeners(*loops_[0], options)),
      blocking_pool_(options.http.blocking_threads, options.http.blocking_queue),
      coding_pool_(options.http.coding_threads, options.http.coding_queue),
      signals_(loops_[0]->get_executor()),
      stop_timer_(loops_[0]->get_executor()) {
    const std::string endpoint = "ipc://" + options_.supervisor.run_dir + "/relay.sock";
    relay_ = std::make_unique<relay::Relay>(addresses(loops_), options_.relay, endpoint);
    supervisor_ = std::make_unique<Supervisor>(options_.supervisor, *relay_, endpoint);
    start_servers();
}

Gateway::~Gateway() {
    for (const auto& loop : loops_) {
        loop->stop();  // nobody has when run() ended by an exception
    }
    for (auto& thread : threads_) {
        thread.join();
    }
    bodies_.on_room = nullptr;
}

void Gateway::abandon() {
    admin_.reset();
    supervisor_.reset();
    if (access_log_ != nullptr) {
        access_log_->finish();
    }
}

void Gateway::start_servers() {
    HttpOptions each = options_.http;  // the bounds on connections are shared out among the loops
    each.max_connections = (each.max_connections + loops_.size() - 1) / loops_.size();
    each.max_answer_memory /= loops_.size();
    each.max_refusing = (each.max_refusing + loops_.size() - 1) / loops_.size();
    const auto per_address =
        each.max_connections_per_address == 0
            ? nullptr
            : std::make_shared<http::AddressLimit>(each.max_connections_per_address);
    for (std::uint32_t index = 0; index < loops_.size(); ++index) {
        relay::Port* port = relay_.get();
        if (index != 0) {
            remote_ports_.push_back(
                std::make_unique<relay::RemotePort>(*relay_, *loops_[index], index));
            port = remote_ports_.back().get();
        }
        const http::LoopServices services{
            *loops_[index], router_, blocking_pool_, coding_pool_, *port, ids_, bodies_};
        servers_.push_back(std::make_unique<http::LoopServer>(services, each));
        servers_.back()->limit_addresses(per_address);
        if (access_log_ != nullptr) {
            servers_.back()->log_accesses(*access_log_);
        }
        servers_.back()->on_empty = [this] { asio::post(*loops_[0], [this] { on_loop_empty(); }); };
    }
    bodies_.on_room = [this] {
        for (std::size_t index = 0; index < servers_.size(); ++index) {
            asio::post(*loops_[index],
                       [server = servers_[index].get()] { server->admit_bodies(); });
        }
    };
}

int Gateway::run() {
    log_start();
    signals_.add(SIGINT);
    signals_.add(SIGTERM);
    signals_.add(SIGHUP);
    signals_.add(SIGUSR1);
    wait_signal();
    relay_->start(*supervisor_);
    if (options_.supervisor.fail_fast) {
        supervisor_->on_failed_start = [this](const std::string& /*reason*/) {
            asio::post(*loops_[0], [this] {
                exit_code_ = exit_code::kStartFailed;
                begin_stop();
            });
        };
    }
    supervisor_->start();
    start_admin();
    for (const auto& listener : listeners_) {
        listener->start([this, tls = listener->tls()](int fd) { deal_out(fd, tls); });
    }
    start_loop_threads();
    run_loop();
    admin_->stop();
    return exit_code_;
}

/// Loop 0. While the reply of a quick handler is due it asks instead of sleeping: waking a sleeping
/// core costs more than such a handler takes. It yields each time, so that whoever has work gets
/// the core.
void Gateway::run_loop() {
    asio::io_context& loop = *loops_[0];
    const auto keep = asio::make_work_guard(loop);
    while (!loop.stopped()) {
        loop.run_one();
        while (relay_->reply_due() && !loop.stopped()) {
            if (loop.poll() == 0) {
                ::sched_yield();
            }
        }
    }
}

void Gateway::start_loop_threads() {
    for (std::size_t index = 1; index < loops_.size(); ++index) {
        threads_.emplace_back([&loop = *loops_[index]] {
            const auto keep = asio::make_work_guard(loop);
            loop.run();
        });
    }
}

/// Gives an accepted socket to the loops in turn.
void Gateway::deal_out(int fd, bool tls) {
    const std::size_t index = next_loop_;
    next_loop_ = (next_loop_ + 1) % servers_.size();
    auto context = tls ? certificates_->current() : nullptr;
    if (index == 0) {
        servers_[0]->adopt(fd, context);
        return;
    }
    asio::post(*loops_[index], [server = servers_[index].get(), fd, context = std::move(context)] {
        server->adopt(fd, context);
    });
}

// ---- signals ----

void Gateway::wait_signal() {
    signals_.async_wait([this](error_code error, int number) {
        if (!error) {
            on_signal(number);
            wait_signal();
        }
    });
}

void Gateway::on_signal(int number) {
    if (number == SIGHUP) {
        spdlog::info("SIGHUP: reloading the workers");
        supervisor_->request_reload();
        reload_certificates();
        return;
    }
    if (number == SIGUSR1) {
        if (access_log_ != nullptr) {
            access_log_->reopen();
        }
        return;
    }
    if (phase_ != Phase::serving) {
        force_stop();
        return;
    }
    spdlog::info("signal {}: stopping; once more stops at once", number);
    begin_stop();
}

/// Not on the loop: it reads files.
void Gateway::reload_certificates() {
    const bool done = certificates_ == nullptr ||
                      blocking_pool_.submit([this] { (void)certificates_->reload(); });
    if (!done) {
        spdlog::error("the certificate was not reloaded: no blocking thread is free, try again");
    }
}

}  // namespace typhon
