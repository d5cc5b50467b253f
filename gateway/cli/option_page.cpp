// The reference page of all options, docs/options.md.
#include "gateway/cli/option_table.hpp"

namespace typhon::cli {

std::string options_markdown() {
    std::string page =
        "# Options\n\n"
        "Written by `typhon options`; do not edit. Each option of `typhon serve` is a flag, an "
        "environment variable and a key in `typhon.toml`\n"
        "(`--config FILE` or `TYPHON_CONFIG` name another file). A flag wins over the variable, "
        "the "
        "variable over the file. An unknown flag or key\n"
        "is an error. What may be given more than once is a list in the file, and has commas "
        "between "
        "its values in a variable. Sizes are bytes or have a unit (64K, 16M, 1G); times have one "
        "(500ms, 30s, "
        "2m, 1h) or are seconds.\n\n"
        "| flag | variable | key | default | |\n|---|---|---|---|---|\n";
    for (const OptionSpec& spec : option_table()) {
        const std::string value = spec.is_flag() ? "" : " " + spec.type;
        page += "| `" + spec.flag() + value + "` | `" + spec.variable() + "` | `" + spec.name +
                "` | " + spec.fallback + " | " + spec.help + " |\n";
    }
    return page;
}

}  // namespace typhon::cli
