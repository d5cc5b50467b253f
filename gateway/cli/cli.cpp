#include "gateway/cli/cli.hpp"

#include <algorithm>
#include <array>
#include <iostream>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "gateway/cli/command_line.hpp"
#include "gateway/cli/commands.hpp"
#include "gateway/cli/error.hpp"
#include "gateway/cli/option_table.hpp"
#include "gateway/cli/python_commands.hpp"
#include "gateway/cli/resolve.hpp"
#include "gateway/exit_codes.hpp"

namespace typhon::cli {

namespace {

constexpr std::array<const char*, 5> kClientCommands{"reload", "scale", "status", "routes", "stop"};

constexpr const char* kUsageText =
    "Usage: typhon COMMAND [OPTIONS]\n"
    "\n"
    "  serve      run the gateway in the foreground\n"
    "  dev        the same with --reload and --debug\n"
    "  reload     start new workers with the edited application, then switch to them\n"
    "  scale N    change the number of workers\n"
    "  status     show state, workers and queue (--json)\n"
    "  routes     show the native and the Python routes\n"
    "  stop       stop gracefully and wait for the end\n"
    "  new NAME   make a directory with a new application\n"
    "  shell      a Python prompt with the application and a client of it\n"
    "  options    print the reference of all options of serve, as Markdown\n"
    "\n"
    "typhon COMMAND --help shows the options of a command. The client commands find the gateway\n"
    "by --run-dir or --port (default 3000).\n";

/// A descriptor 0, 1 or 2 that is closed would be given to the next file or socket.
void open_standard_streams() {
    for (int fd = ::open("/dev/null", O_RDWR); fd >= 0; fd = ::open("/dev/null", O_RDWR)) {
        if (fd > STDERR_FILENO) {
            ::close(fd);
            return;
        }
    }
}

bool is_client_command(const std::string& command) {
    return std::find(kClientCommands.begin(), kClientCommands.end(), command) !=
           kClientCommands.end();
}

int show(const HelpText& help) {
    std::cout << help.text;
    return exit_code::kOk;
}

std::variant<ServeCommand, int> serve(const Words& words) {
    auto parsed = parse_serve(words);
    if (const HelpText* help = std::get_if<HelpText>(&parsed)) {
        return show(*help);
    }
    ServeCommand command{std::get<Options>(std::move(parsed))};
    resolve(command.options);
    return command;
}

/// Takes the options of serve, for those that say which application and interpreter.
int shell_of(const Words& words) {
    auto parsed = parse_serve(words);
    if (const HelpText* help = std::get_if<HelpText>(&parsed)) {
        return show(*help);
    }
    Options options = std::get<Options>(std::move(parsed));
    resolve(options);
    shell(options);
}

int client(const std::string& command, const Words& words) {
    const auto parsed = parse_client(command, words);
    if (const HelpText* help = std::get_if<HelpText>(&parsed)) {
        return show(*help);
    }
    return run_client(command, std::get<ClientWords>(parsed), std::cout, std::cerr);
}

std::variant<ServeCommand, int> run(const std::string& command, const Words& words) {
    if (command == "serve" || command == "dev") {
        return serve(command == "dev" ? dev_words(words) : words);
    }
    if (command == "shell") {
        return shell_of(words);
    }
    if (is_client_command(command)) {
        return client(command, words);
    }
    if (command == "new") {
        new_application(words);
    }
    if (command == "options") {
        return show({options_markdown()});
    }
    if (command == "--help" || command == "-h" || command == "help") {
        return show({kUsageText});
    }
    const std::string what =
        command.empty() ? "a command is missing" : "unknown command '" + command + "'";
    throw CommandError(exit_code::kUsage, what + "; see typhon --help");
}

}  // namespace

std::variant<ServeCommand, int> parse(int argc, const char* const* argv) {
    open_standard_streams();
    const Words words(argv + std::min(argc, 2), argv + argc);
    try {
        return run(argc > 1 ? argv[1] : "", words);
    } catch (const CommandError& error) {
        complain(error.what());
        return error.exit_code();
    } catch (const std::exception& error) {
        complain(error.what());
        return exit_code::kFailure;
    }
}

void complain(const char* text) {
    std::cerr << "typhon: " << text << '\n';
}  // NOLINT

}  // namespace typhon::cli
