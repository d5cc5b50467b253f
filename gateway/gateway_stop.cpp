// How the gateway stops: the front is drained, then the workers, then the loops end.
#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include "gateway/exit_codes.hpp"
#include "gateway/gateway.hpp"

namespace typhon {

namespace {

/// How often the stop looks whether the front is empty or out of time.
constexpr Milliseconds kStopTick{20};
/// Time for answers of requests that were given up to leave their sockets.
constexpr Milliseconds kLastWords{1000};

}  // namespace

/// From any thread.
void Gateway::request_stop() {
    asio::post(*loops_[0], [this] { begin_stop(); });
}

void Gateway::begin_stop() {
    if (phase_ != Phase::serving) {
        return;
    }
    phase_ = Phase::draining_front;
    supervisor_->refuse_changes();
    drain_by_ = proto::Deadline::after(options_.supervisor.drain_timeout);
    for (const auto& listener : listeners_) {
        listener->stop();
    }
    for (std::size_t index = 0; index < servers_.size(); ++index) {
        asio::post(*loops_[index], [server = servers_[index].get()] { server->begin_drain(); });
    }
    watch_front();
}

void Gateway::on_loop_empty() {
    if (++empty_loops_ == servers_.size() && phase_ == Phase::draining_front) {
        stop_workers();
    }
}

/// Ends the wait for requests when the drain time is over.
void Gateway::watch_front() {
    if (phase_ != Phase::draining_front) {
        return;
    }
    if (drain_by_.passed()) {
        give_up_requests();
        return;
    }
    stop_timer_.expires_after(kStopTick);
    stop_timer_.async_wait([this](error_code error) {
        if (!error) {
            watch_front();
        }
    });
}

void Gateway::give_up_requests() {
    spdlog::warn("the drain time is over: requests that still run are answered 503");
    gave_up_ = true;
    relay_->fail_all(proto::ErrorCode::stopping);
    stop_timer_.expires_after(kLastWords);
    stop_timer_.async_wait([this](error_code error) {
        if (!error && phase_ == Phase::draining_front) {
            stop_workers();
        }
    });
}

void Gateway::stop_workers() {
    phase_ = Phase::draining_workers;
    stop_timer_.cancel();
    for (std::size_t index = 0; index < servers_.size(); ++index) {
        asio::post(*loops_[index], [server = servers_[index].get()] { server->close_all(); });
    }
    supervisor_->stop(drain_by_, [this] { asio::post(*loops_[0], [this] { end_loops(); }); });
}

void Gateway::end_loops() {
    if (phase_ == Phase::ended) {
        return;
    }
    phase_ = Phase::ended;
    error_code ignored;
    signals_.cancel(ignored);
    relay_->close();
    for (const auto& loop : loops_) {
        loop->stop();
    }
    spdlog::info("stopped");
}

void Gateway::force_stop() {
    spdlog::warn("second signal: stopping at once");
    exit_code_ = exit_code::kForced;
    gave_up_ = true;
    supervisor_->kill_all();
    end_loops();
}

}  // namespace typhon
