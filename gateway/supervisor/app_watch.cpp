#include "gateway/supervisor/app_watch.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "proto/deadline.hpp"

namespace typhon {

namespace {

/// While files change.
constexpr Milliseconds kBusyInterval{50};
/// A look may take one part of this many of the time.
constexpr int kShare = 50;

Milliseconds time_to_rest(bool busy, proto::SteadyClock::duration look) {
    const auto least = busy ? kBusyInterval : AppWatch::kInterval;
    return std::max(least, std::chrono::duration_cast<Milliseconds>(look * kShare));
}

}  // namespace

AppWatch::AppWatch(std::string app, std::function<void(const std::string&)> on_change)
    : app_(std::move(app)), on_change_(std::move(on_change)), known_(scan_app(app_)) {
    thread_ = std::thread([this] { run(); });
}

AppWatch::~AppWatch() {
    end();
    thread_.join();
}

void AppWatch::end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    wake_.notify_one();
}

void AppWatch::run() {
    ChangeDebounce debounce(fingerprint(known_));
    Milliseconds pause = kInterval;
    while (rest(pause)) {
        const auto began = proto::SteadyClock::now();
        try {
            look(debounce);
        } catch (const std::exception& error) {  // no memory
            spdlog::error("the application cannot be watched now: {}", error.what());
        }
        pause = time_to_rest(debounce.pending(), proto::SteadyClock::now() - began);
    }
}

void AppWatch::look(ChangeDebounce& debounce) {
    AppFiles files = scan_app(app_);
    if (files
            .empty()) {  // unreadable, or about to be replaced as a whole: there is nothing to load
        return;
    }
    if (debounce.look(fingerprint(files), proto::SteadyClock::now())) {
        on_change_(describe_changes(known_, files));
        known_ = std::move(files);
    }
}

bool AppWatch::rest(Milliseconds time) {
    std::unique_lock lock(mutex_);
    return !wake_.wait_for(lock, time, [this] { return ended_; });
}

}  // namespace typhon
