#include "gateway/supervisor/worker_process.hpp"

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/random.h>

#include "gateway/supervisor/worker_environment.hpp"

namespace typhon {

namespace {

/// `bytes` bytes of the kernel's randomness as hex digits.
std::string random_hex(std::size_t bytes) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string raw(bytes, '\0');
    if (::getrandom(raw.data(), raw.size(), 0) != static_cast<ssize_t>(raw.size())) {
        throw std::system_error(errno, std::generic_category(), "get random bytes");
    }
    std::string text;
    for (const char byte : raw) {
        const auto value = static_cast<unsigned char>(byte);
        text += kDigits[value >> 4U];
        text += kDigits[value & 15U];
    }
    return text;
}

std::pair<UniqueFd, UniqueFd> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw std::system_error(errno, std::generic_category(), "make the lifeline");
    }
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace

WorkerProcess::WorkerProcess(const SupervisorOptions& options,
                             const std::string& endpoint,
                             WorkerControl& control,
                             std::uint32_t slot,
                             std::uint32_t generation)
    : control_(control),
      identity_("g" + std::to_string(generation) + "-w" + std::to_string(slot) + "-" +
                random_hex(8)),
      ledger_(std::make_shared<proto::Ledger>(proto::Ledger::create())) {
    auto [read_end, write_end] = make_pipe();
    lifeline_ = std::move(write_end);
    const WorkerStart start{
        slot, generation, identity_, random_hex(16), ledger_->fd(), read_end.get()};
    const SpawnRequest request{options.worker_bin,
                               {},
                               worker_environment(current_environment(), options, endpoint, start),
                               {start.ledger_fd, start.lifeline_fd},
                               options.open_files};
    control_.expect(identity_, start.token, ledger_);
    try {
        pid_ = spawn(request);
    } catch (...) {
        control_.forget(identity_);
        throw;
    }
    running_ = true;
}

WorkerProcess::~WorkerProcess() {
    if (running_) {
        kill();
    }
    control_.forget(identity_);
}

void WorkerProcess::kill() const noexcept {
    kill_group(pid_);
}

void WorkerProcess::ask_for_stacks() const noexcept {
    typhon::ask_for_stacks(pid_);
}

Milliseconds WorkerProcess::age() const noexcept {
    return std::chrono::duration_cast<Milliseconds>(proto::SteadyClock::now() - started_at_);
}

Milliseconds WorkerProcess::served_for() const noexcept {
    const auto now = proto::SteadyClock::now();
    return std::chrono::duration_cast<Milliseconds>(now - ready_at_.value_or(now));
}

}  // namespace typhon
