// Every option of `typhon serve`, declared once: flag, environment variable, key, default, help.
//
// It prints --help (command_line.cpp) and docs/options.md, and sets the fields of Options. Pure;
// any thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gateway/options.hpp"

namespace typhon::cli {

struct OptionSpec {
    std::string name;      // "max-body": --max-body, TYPHON_MAX_BODY, key max-body
    std::string type;      // "SIZE"; empty for a flag without value
    std::string fallback;  // the default as it would be written; in words when it is computed
    std::string help;      // one sentence without its full stop
    std::function<void(Options&, const std::string&)> set;  // throws std::invalid_argument

    bool repeatable = false;  // each value is set; several in a variable are separated by commas

    [[nodiscard]] bool is_flag() const noexcept { return type.empty(); }
    [[nodiscard]] std::string flag() const { return "--" + name; }
    [[nodiscard]] std::string variable() const;  // "TYPHON_MAX_BODY"
};

/// All options in the order of the reference page. `--config` is not among them: it names where
/// they come from.
[[nodiscard]] const std::vector<OptionSpec>& option_table();

/// The option of this name, or null. Underscores count as dashes.
[[nodiscard]] const OptionSpec* find_option(const std::string& name);

/// The reference page, docs/options.md.
[[nodiscard]] std::string options_markdown();

}  // namespace typhon::cli
