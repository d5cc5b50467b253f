#include "gateway/access/access_log.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include <spdlog/spdlog.h>

#include "gateway/access/log_file.hpp"
#include "gateway/log_pace.hpp"

namespace typhon::access {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostWaiting = std::size_t{4} << 20;  // bytes
constexpr std::size_t kEnough = 64U << 10;                  // bytes, to be written before its time
constexpr auto kGather = 100ms;
constexpr auto kLastWords = 1000ms;

std::uint64_t lines_of(std::string_view text) {
    return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

/// What the loops and the thread have in common; the thread keeps it alive.
struct AccessLog::Shared {
    explicit Shared(const std::string& path) : file(path) {
        waiting.reserve(kMostWaiting);  // costs memory only as it is filled
        batch.reserve(kMostWaiting);
    }

    void run();
    void gather(std::unique_lock<std::mutex>& lock);
    void write();
    void open_again();
    void tell_lost();

    std::mutex mutex;
    std::condition_variable wake;
    std::string waiting;
    std::uint64_t waiting_lines = 0;
    bool reopening = false;
    bool stopping = false;
    std::condition_variable ended;
    bool has_ended = false;
    std::atomic<std::uint64_t> written = 0;
    std::atomic<std::uint64_t> lost = 0;

    // Of the thread alone.
    LogFile file;
    std::string batch;
    std::uint64_t batch_lines = 0;
    std::uint64_t lost_told = 0;
    LogPace pace;
    std::shared_ptr<spdlog::logger> log = spdlog::default_logger();  // it may outlive the process's
};

void AccessLog::Shared::run() {
    bool last = false;
    while (!last) {
        bool again = false;
        {
            std::unique_lock lock(mutex);
            gather(lock);
            batch.clear();
            batch.swap(waiting);
            batch_lines = std::exchange(waiting_lines, 0);
            again = std::exchange(reopening, false);
            last = stopping;
        }
        write();
        if (again) {
            open_again();
        }
        tell_lost();
    }
    const std::lock_guard lock(mutex);
    has_ended = true;
    ended.notify_all();
}

/// Waits for something to do, and for a while for more of it.
void AccessLog::Shared::gather(std::unique_lock<std::mutex>& lock) {
    const auto asked = [this] { return stopping || reopening; };
    wake.wait(lock, [&] { return asked() || !waiting.empty(); });
    wake.wait_for(lock, kGather, [&] { return asked() || waiting.size() >= kEnough; });
}

void AccessLog::Shared::write() {
    const std::uint64_t left = lines_of(file.write(batch));
    written += batch_lines - left;
    lost += left;
}

void AccessLog::Shared::open_again() {
    const std::string fault = file.reopen();
    if (fault.empty()) {
        log->info("the access log was opened again");
    } else {
        log->error("{}; the old file stays in use", fault);
    }
}

void AccessLog::Shared::tell_lost() {
    const std::uint64_t now = lost;
    if (now != lost_told && pace.due()) {
        log->warn("{} lines of the access log were lost: {}",
                  now - std::exchange(lost_told, now),
                  file.why().empty() ? "its file takes less than there is" : file.why());
    }
}

AccessLog::AccessLog(const Options& options)
    : form_(options.form),
      shared_(std::make_shared<Shared>(options.file)),
      thread_([shared = shared_] { shared->run(); }) {}

void AccessLog::finish() noexcept {
    if (!thread_.joinable()) {
        return;
    }
    std::unique_lock lock(shared_->mutex);
    shared_->stopping = true;
    shared_->wake.notify_one();
    const bool ended =
        shared_->ended.wait_for(lock, kLastWords, [this] { return shared_->has_ended; });
    lock.unlock();
    if (ended) {
        thread_.join();
    } else {
        thread_.detach();  // its file takes nothing: the process does not wait for it
    }
}

void AccessLog::append(std::string_view line) noexcept {
    bool wanted = false;
    {
        const std::lock_guard lock(shared_->mutex);
        std::string& waiting = shared_->waiting;
        const std::size_t before = waiting.size();
        if (before + line.size() > kMostWaiting) {
            ++shared_->lost;
            return;
        }
        waiting += line;
        ++shared_->waiting_lines;
        wanted = before == 0 || (before < kEnough && waiting.size() >= kEnough);
    }
    if (wanted) {
        shared_->wake.notify_one();
    }
}

void AccessLog::reopen() noexcept {
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->reopening = true;
    }
    shared_->wake.notify_one();
}

Figures AccessLog::figures() const noexcept {
    return {shared_->written, shared_->lost};
}

}  // namespace typhon::access
