// A fault that ends the command line: one sentence for a person, and the exit code.
#pragma once

#include <stdexcept>
#include <string>

namespace typhon::cli {

class CommandError : public std::runtime_error {
public:
    CommandError(int exit_code, const std::string& text)
        : std::runtime_error(text), exit_code_(exit_code) {}

    [[nodiscard]] int exit_code() const noexcept { return exit_code_; }

private:
    int exit_code_;
};

}  // namespace typhon::cli
