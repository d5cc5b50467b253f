#include "gateway/cli/commands.hpp"

#include <ostream>
#include <string_view>
#include <thread>

#include "gateway/cli/admin_client.hpp"
#include "gateway/cli/error.hpp"
#include "gateway/cli/resolve.hpp"
#include "gateway/cli/run_dir.hpp"
#include "gateway/cli/tables.hpp"
#include "gateway/exit_codes.hpp"
#include "proto/deadline.hpp"
#include "proto/printable.hpp"

namespace typhon::cli {

namespace {

constexpr std::chrono::milliseconds kStopTick{20};

/// The run directory of the gateway that is meant.
std::string find_gateway(const ClientWords& words) {
    if (!words.run_dir.empty()) {
        std::string directory = absolute_path(words.run_dir);
        if (!running_gateway(directory)) {
            throw CommandError(exit_code::kNotRunning,
                               "no gateway runs in the run directory " + directory);
        }
        return directory;
    }
    for (const std::string& directory : possible_run_dirs(words.port)) {
        if (is_own_run_dir(directory) && running_gateway(directory)) {
            return directory;
        }
    }
    throw CommandError(exit_code::kNotRunning,
                       "no gateway runs on port " + std::to_string(words.port) + " (looked in " +
                           default_run_dir(words.port) + "); name another by --port or --run-dir");
}

/// What the gateway sends, as it may stand on a terminal.
std::string shown(std::string_view text) {
    std::string out;
    proto::append_printable_lines(out, text);
    return out;
}

/// Prints what a reload or scale came to.
int print_outcome(const std::string& command,
                  const AdminAnswer& answer,
                  std::ostream& out,
                  std::ostream& err) {
    const std::string message = shown(answer.body.value("message", answer.body.value("error", "")));
    if (answer.body.value("ok", false)) {
        out << "OK: " << message << " in " << answer.body.value("took_ms", 0) << " ms\n";
        return exit_code::kOk;
    }
    err << "typhon " << command << ": failed; generation " << answer.body.value("generation", 0)
        << " goes on\n"
        << message << (message.ends_with('\n') ? "" : "\n");
    return exit_code::kCommandFailed;
}

int stop(const std::string& directory,
         const ClientWords& words,
         std::ostream& out,
         std::ostream& err) {
    const auto deadline = proto::Deadline::after(words.timeout);
    static_cast<void>(AdminClient(directory).post("/stop"));
    while (running_gateway(directory)) {
        if (deadline.passed()) {
            err << "typhon stop: it has not ended in time and goes on stopping\n";
            return exit_code::kCommandFailed;
        }
        std::this_thread::sleep_for(kStopTick);
    }
    out << "stopped\n";
    return exit_code::kOk;
}

}  // namespace

int run_client(const std::string& command,
               const ClientWords& words,
               std::ostream& out,
               std::ostream& err) {
    const std::string directory = find_gateway(words);
    const AdminClient client(directory);
    if (command == "stop") {
        return stop(directory, words, out, err);
    }
    if (command == "reload") {
        return print_outcome(command, client.post("/reload"), out, err);
    }
    if (command == "scale") {
        const std::string path = "/scale?workers=" + std::to_string(words.workers);
        return print_outcome(command, client.post(path), out, err);
    }
    const AdminAnswer answer = client.get("/" + command);
    if (command == "routes") {
        out << shown(routes_text(answer.body));
    } else if (words.json) {
        out << answer.body.dump(2, ' ', true) << "\n";  // all but ASCII escaped
    } else {
        out << shown(status_text(answer.body));
    }
    return exit_code::kOk;
}

}  // namespace typhon::cli
