#include "gateway/http/loop_state.hpp"

#include <algorithm>
#include <utility>

#include "proto/limits.hpp"

namespace typhon::http {

namespace {

using namespace std::chrono_literals;

constexpr Milliseconds kResolution{100};
constexpr Milliseconds kLook{100};
constexpr Milliseconds kBodyLook{1000};
constexpr Milliseconds kLinger{2000};
constexpr Milliseconds kQuiet{200};
constexpr std::size_t kKeptHeads = 64;

/// Steady time at a resolution of a few milliseconds, at a fifth of the price.
proto::SteadyClock::time_point coarse_now() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return proto::SteadyClock::time_point(std::chrono::seconds(now.tv_sec) +
                                          std::chrono::nanoseconds(now.tv_nsec));
}

}  // namespace

LoopState::LoopState(const LoopServices& loop_services, const HttpOptions& http_options)
    : services(loop_services),
      options(http_options),
      gate(loop_services.bodies),
      statics(http_options.statics),
      cors(http_options.cors),
      negotiates(http_options.compress || cors.enabled()),
      prepares(negotiates),
      unsent(http_options.max_answer_memory),
      timer_(loop_services.loop) {
    limits.max_head = options.max_head;
    limits.max_fields = std::min(options.max_fields, proto::kMaxHeaderFields);
    limits.max_target = options.max_target;
    secured_limits = limits;
    secured_limits.secured = true;
    options.max_body = std::min(options.max_body, proto::kMaxBytes);
    deadlines_.set_length(DeadlineKind::head, options.head_timeout);
    deadlines_.set_length(DeadlineKind::body, std::min(options.body_timeout, kBodyLook));
    deadlines_.set_length(DeadlineKind::idle, options.idle_timeout);
    deadlines_.set_length(DeadlineKind::write, options.write_timeout);
    deadlines_.set_length(DeadlineKind::look, kLook);
    deadlines_.set_length(DeadlineKind::linger, kLinger);
    deadlines_.set_length(DeadlineKind::quiet, kQuiet);
    deadlines_.set_length(DeadlineKind::ping, options.websocket_ping);
}

void LoopState::arm(DeadlineEntry& entry, DeadlineKind kind) {
    deadlines_.arm(entry, kind, coarse_now());
    if (entry.expires < next_look_) {
        look_at(std::max(entry.expires, last_look_ + kResolution));
    }
}

void LoopState::look_at(TimePoint when) {
    if (when >= next_look_) {
        return;
    }
    next_look_ = when;
    timer_.expires_at(when);
    timer_.async_wait([this](const error_code& fault) {
        if (!fault) {
            tick();
        }
    });
}

void LoopState::tick() {
    last_look_ = proto::SteadyClock::now();
    next_look_ = TimePoint::max();
    while (DeadlineEntry* entry = deadlines_.pop_expired(last_look_)) {
        on_deadline(*entry);
    }
    const TimePoint next = deadlines_.next();
    if (next != TimePoint::max()) {
        look_at(std::max(next, last_look_ + kResolution));
    }
}

void LoopState::log_accesses(access::AccessLog& log) {
    access = std::make_unique<AccessDesk>(log);
    prepares = true;
}

void LoopState::stop_timer() {
    timer_.cancel();
}

std::time_t LoopState::now() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return now.tv_sec;
}

std::string_view LoopState::date_line() {
    return date_.line(now());
}

std::unique_ptr<Head> LoopState::take_head() {
    if (heads_.empty()) {
        return std::make_unique<Head>();
    }
    std::unique_ptr<Head> head = std::move(heads_.back());
    heads_.pop_back();
    return head;
}

void LoopState::give_back(std::unique_ptr<Head> head) {
    if (head != nullptr && heads_.size() < kKeptHeads) {
        head->clear();
        heads_.push_back(std::move(head));
    }
}

}  // namespace typhon::http
