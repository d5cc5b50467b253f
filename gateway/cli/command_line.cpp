#include "gateway/cli/command_line.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include <CLI/CLI.hpp>

#include "gateway/cli/error.hpp"
#include "gateway/cli/option_checks.hpp"
#include "gateway/cli/option_table.hpp"
#include "gateway/cli/values.hpp"
#include "gateway/exit_codes.hpp"
#include "gateway/supervisor/supervisor.hpp"

namespace typhon::cli {

namespace {

constexpr const char* kConfigVariable = "TYPHON_CONFIG";
constexpr const char* kConfigFile = "typhon.toml";
constexpr char kSeparator = ',';
constexpr const char* kFooter =
    "An option is also an environment variable (--max-body: TYPHON_MAX_BODY) and a key in\n"
    "typhon.toml (max-body). A flag wins over the variable, the variable over the file.\n";

bool is_set(const std::string& variable) {
    const char* value = std::getenv(variable.c_str());  // NOLINT(concurrency-mt-unsafe)
    return value != nullptr && *value != '\0';
}

/// Sets one option. A bad value is told with `place`: the flag, variable or key that holds it.
void set_option(const OptionSpec& spec,
                Options& options,
                const std::string& place,
                const std::string& value) {
    try {
        spec.set(options, value);
    } catch (const std::invalid_argument& error) {
        throw CLI::ValidationError(place, error.what());
    }
}

/// The values of a variable: several of a repeatable option are separated by commas.
std::vector<std::string> values_of(const OptionSpec& spec, const std::string& text) {
    return spec.repeatable ? CLI::detail::split(text, kSeparator) : std::vector{text};
}

/// Refuses bad values of variables, here and not when CLI11 sets them: it does not tell where a
/// value comes from.
void check_environment(const CLI::App& app) {
    Options scratch;
    for (const OptionSpec& spec : option_table()) {
        const std::string variable = spec.variable();
        if (is_set(variable) && app.get_option_no_throw(spec.flag()) != nullptr) {
            const std::string text = std::getenv(variable.c_str());  // NOLINT
            for (const std::string& value : values_of(spec, text)) {
                set_option(spec, scratch, variable, value);
            }
        }
    }
}

/// Reads typhon.toml: refuses unknown keys and bad values, and leaves out what the environment
/// decides (CLI11 would let the file win) and what the command has no use for.
class ConfigFile : public CLI::ConfigBase {
public:
    explicit ConfigFile(const CLI::App& app) : app_(app) {}

    [[nodiscard]] std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
        std::vector<CLI::ConfigItem> kept;
        for (CLI::ConfigItem& item : ConfigBase::from_config(input)) {
            const OptionSpec& spec = checked(item);
            item.name = spec.name;
            if (!is_set(spec.variable()) && app_.get_option_no_throw(spec.flag()) != nullptr) {
                kept.push_back(std::move(item));
            }
        }
        return kept;
    }

private:
    [[nodiscard]] const OptionSpec& checked(const CLI::ConfigItem& item) const {
        const auto file = app_.get_config_ptr()->as<std::string>();
        const OptionSpec* spec = item.parents.empty() ? find_option(item.name) : nullptr;
        if (spec == nullptr) {
            throw CLI::ConfigError("unknown key '" + item.fullname() + "' in " + file +
                                   "; see typhon serve --help");
        }
        Options scratch;
        for (const std::string& value : item.inputs) {
            set_option(*spec, scratch, file + ": " + item.name, value);
        }
        return *spec;
    }

    const CLI::App& app_;
};

void add_option(CLI::App& app, const OptionSpec& spec, Options& options) {
    const auto set = [&spec, &options](const std::string& value) {
        set_option(spec, options, spec.flag(), value);
    };
    if (spec.is_flag()) {
        app.add_flag_function(
               spec.flag(),
               [set](std::int64_t count) { set(count > 0 ? "true" : "false"); },
               spec.help)
            ->envname(spec.variable());
        return;
    }
    if (spec.repeatable) {
        app.add_option_function<std::vector<std::string>>(
               spec.flag(),
               [set](const std::vector<std::string>& values) {
                   std::for_each(values.begin(), values.end(), set);
               },
               spec.help)
            ->type_name(spec.type)
            ->default_str(spec.fallback)
            ->envname(spec.variable())
            ->allow_extra_args(false)
            ->delimiter(kSeparator);
        return;
    }
    app.add_option_function<std::string>(spec.flag(), set, spec.help)
        ->type_name(spec.type)
        ->default_str(spec.fallback)
        ->envname(spec.variable())
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

/// "--port PORT  Port to listen on [3000]".
class HelpFormatter : public CLI::Formatter {
public:
    HelpFormatter() { column_width(30); }

    [[nodiscard]] std::string make_option_opts(const CLI::Option* option) const override {
        return option->get_type_size() == 0 ? "" : " " + option->get_type_name();
    }
    [[nodiscard]] std::string make_option_desc(const CLI::Option* option) const override {
        const std::string fallback = option->get_default_str();
        return option->get_description() + (fallback.empty() ? "" : " [" + fallback + "]");
    }
};

/// "--threads: '0' is not a whole number ...", from what CLI11 has to say.
std::string sentence(const CLI::App& app, const CLI::Error& error, const std::string& command) {
    const std::vector<std::string> unknown = app.remaining();
    if (unknown.empty()) {
        return error.what();
    }
    const auto flag = std::find_if(unknown.begin(), unknown.end(), [](const std::string& word) {
        return word.starts_with('-');
    });
    return "unknown argument '" + (flag == unknown.end() ? unknown.front() : *flag) +
           "'; see typhon " + command + " --help";
}

/// Runs the parser. The help text, when that is asked for; empty when all is well.
std::string run(CLI::App& app, const std::string& command, const Words& words) {
    app.config_formatter(std::make_shared<ConfigFile>(app));
    app.set_config("--config", kConfigFile, "File with further options")->type_name("FILE");
    app.formatter(std::make_shared<HelpFormatter>());
    app.footer(kFooter);
    Words reversed(words.rbegin(), words.rend());
    const bool given = std::any_of(words.begin(), words.end(), [](const std::string& word) {
        return word == "--config" || word.starts_with("--config=");
    });
    if (!given && is_set(kConfigVariable)) {
        reversed.insert(reversed.end(), {std::getenv(kConfigVariable), "--config"});  // NOLINT
    }
    try {
        check_environment(app);
        app.parse(std::move(reversed));
    } catch (const CLI::CallForHelp&) {
        return app.help();
    } catch (const CLI::FileError& error) {
        throw CommandError(exit_code::kUsage,
                           std::string("the configuration file cannot be read: ") + error.what());
    } catch (const CLI::ParseError& error) {
        throw CommandError(exit_code::kUsage, sentence(app, error, command));
    }
    return {};
}

std::string description(const std::string& command) {
    if (command == "reload") {
        return "Start new workers with the edited application, switch to them, end the old ones";
    }
    if (command == "scale") {
        return "Change the number of workers";
    }
    if (command == "status") {
        return "Show state, workers and queue of the running gateway";
    }
    if (command == "routes") {
        return "Show the native and the Python routes of the running gateway";
    }
    return "Stop the running gateway gracefully and wait for its end";
}

void add_client_options(CLI::App& app, const std::string& command, ClientWords& client) {
    if (command == "status") {
        app.add_flag("--json", client.json, "Print JSON instead of a table");
    }
    if (command == "scale") {
        app.add_option_function<std::string>(
               "workers",
               [&client](const std::string& text) {
                   try {
                       client.workers = static_cast<std::uint32_t>(
                           parse_number(text, 1, Supervisor::kMaxWorkers));
                   } catch (const std::invalid_argument& error) {
                       throw CLI::ValidationError("workers", error.what());
                   }
               },
               "Number of workers")
            ->required()
            ->type_name("N");
    }
    if (command == "stop") {
        client.timeout = Milliseconds{60'000};
        app.add_option_function<std::string>(
               "--timeout",
               [&client](const std::string& text) {
                   try {
                       client.timeout =
                           parse_duration(text, Milliseconds{0}, std::chrono::hours{24});
                   } catch (const std::invalid_argument& error) {
                       throw CLI::ValidationError("--timeout", error.what());
                   }
               },
               "How long to wait for the end")
            ->default_str("60s")
            ->type_name("TIME");
    }
}

}  // namespace

std::variant<Options, HelpText> parse_serve(const Words& words) {
    Options options;
    CLI::App app("Run the gateway in the foreground", "typhon serve");
    for (const OptionSpec& spec : option_table()) {
        add_option(app, spec, options);
    }
    if (std::string help = run(app, "serve", words); !help.empty()) {
        return HelpText{std::move(help)};
    }
    check_together(options);
    return options;
}

std::variant<ClientWords, HelpText> parse_client(const std::string& command, const Words& words) {
    Options options;
    ClientWords client;
    CLI::App app(description(command), "typhon " + command);
    for (const char* name : {"run-dir", "port"}) {
        add_option(app, *find_option(name), options);
    }
    add_client_options(app, command, client);
    if (std::string help = run(app, command, words); !help.empty()) {
        return HelpText{std::move(help)};
    }
    client.run_dir = options.supervisor.run_dir;
    client.port = options.port;
    return client;
}

}  // namespace typhon::cli
