#include "gateway/http/server.hpp"

#include <csignal>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include "gateway/http/loop_state.hpp"

namespace typhon::http {

LoopServer::LoopServer(const LoopServices& services, const HttpOptions& options)
    : state_(std::make_shared<LoopState>(services, options)) {
    (void)std::signal(SIGPIPE, SIG_IGN);  // sendfile(2) has no MSG_NOSIGNAL
    state_->on_deadline = [](DeadlineEntry& entry) {
        static_cast<Connection&>(entry).on_deadline();
    };
    state_->on_connection_gone = [this] {
        if (state_->draining && state_->connections == 0) {
            report_empty();
        }
    };
}

LoopServer::~LoopServer() {
    state_->on_connection_gone = nullptr;
    state_->stop_timer();
    close_all();
}

void LoopServer::adopt(int fd, const std::shared_ptr<const TlsContext>& tls) noexcept {
    try {
        begin(UniqueFd(fd), tls);
    } catch (const std::exception& error) {
        spdlog::error("a connection was refused: {}", error.what());
    }
}

void LoopServer::begin(UniqueFd fd, const std::shared_ptr<const TlsContext>& tls) {
    std::optional<AddressLimit::Place> place(std::in_place);
    const auto key = address_limit_ != nullptr ? address_key_of(fd.get()) : std::nullopt;
    if (key) {
        place = address_limit_->enter(*key);
    }
    const bool full = state_->connections - state_->refusing >= state_->options.max_connections;
    const Fault refusal = full     ? Fault{503, "Too many connections are open."}
                          : !place ? Fault{429, "Too many connections are open from this address."}
                                   : Fault{};
    if (refusal && (tls != nullptr || state_->refusing >= state_->options.max_refusing)) {
        return;
    }
    auto connection = std::make_unique<Connection>(
        state_, std::move(fd), refusal, place ? std::move(*place) : AddressLimit::Place());
    if (tls != nullptr) {
        connection->start_tls(*tls);
    }
    list_.push_back(*connection);
    asio::co_spawn(state_->services.loop, Connection::run(std::move(connection)), asio::detached);
}

void LoopServer::begin_drain() {
    state_->draining = true;
    for (Connection& connection : list_) {
        connection.begin_drain();
    }
    if (state_->connections == 0) {
        report_empty();
    }
}

void LoopServer::close_all() {
    for (Connection& connection : list_) {
        connection.cut_off();
    }
}

void LoopServer::admit_bodies() {
    state_->gate.admit();
}

void LoopServer::log_accesses(access::AccessLog& log) {
    state_->log_accesses(log);
}

const Unsent& LoopServer::unsent() const noexcept {
    return state_->unsent;
}

std::size_t LoopServer::connections() const noexcept {
    return state_->connections;
}

void LoopServer::report_empty() {
    asio::post(state_->services.loop, [this, alive = std::weak_ptr(state_)] {
        if (!alive.expired() && state_->connections == 0 && on_empty) {
            on_empty();
        }
    });
}

}  // namespace typhon::http
