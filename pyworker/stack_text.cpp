#include "pyworker/stack_text.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

#include "pyworker/route_table.hpp"

namespace typhon::worker {

namespace {

using proto::SteadyClock;

std::string milliseconds(SteadyClock::duration span) {
    const auto count = std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
    return std::to_string(count) + " ms";
}

/// The thread of a headline, "Thread 0x00007f... (most recent call first):".
std::optional<std::uint64_t> headline_thread(std::string_view line) {
    constexpr std::string_view kMark = "hread 0x";  // also of "Current thread 0x"
    const std::size_t at = line.find(kMark);
    if (line.starts_with(' ') || at == std::string_view::npos) {
        return std::nullopt;
    }
    const char* digits = line.data() + at + kMark.size();
    std::uint64_t thread = 0;
    const auto [end, error] = std::from_chars(digits, line.data() + line.size(), thread, 16);
    return error == std::errc{} ? std::optional(thread) : std::nullopt;
}

std::string headline(std::uint64_t thread, const std::vector<ThreadNote>& notes) {
    const auto note = std::find_if(notes.begin(), notes.end(), [thread](const ThreadNote& each) {
        return each.thread == thread;
    });
    return note == notes.end() ? "another thread" : note->text;
}

}  // namespace

std::string describe(const RunningRequest& request, SteadyClock::time_point now) {
    std::string text = request.route == nullptr
                           ? "no route"
                           : request.route->info.pattern + " -> " + request.route->info.name;
    text += ", request " + request.name + ", for " + milliseconds(now - request.started);
    if (request.deadline.passed(now)) {
        text += ", " + milliseconds(now - request.deadline.at()) + " past its deadline";
    }
    return text;
}

std::string annotate(std::string_view dump, const std::vector<ThreadNote>& notes) {
    std::string text;
    while (!dump.empty()) {
        const std::size_t end = std::min(dump.find('\n'), dump.size());
        const std::string_view line = dump.substr(0, end);
        dump.remove_prefix(std::min(end + 1, dump.size()));
        if (line.empty()) {
            continue;
        }
        if (const auto thread = headline_thread(line)) {
            text.append("thread: ").append(headline(*thread, notes));
        } else {
            text.append(line);
        }
        text += '\n';
    }
    if (!text.empty()) {
        text.pop_back();
    }
    return text;
}

}  // namespace typhon::worker
