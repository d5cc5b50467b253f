#include "gateway/cli/interpreter.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "gateway/cli/error.hpp"
#include "gateway/exit_codes.hpp"
#include "proto/interpreter_probe.hpp"

namespace typhon::cli {

namespace {

std::string ask_version(const std::string& python) {
    try {
        return proto::ask_version(python);
    } catch (const std::system_error& error) {
        throw CommandError(exit_code::kPython, error.what());
    }
}

}  // namespace

std::string minor_version(const std::string& version) {
    std::size_t dots = 0;
    std::size_t end = 0;
    while (end < version.size()) {
        const char letter = version[end];
        if (letter == '.' && ++dots == 2) {
            break;
        }
        if (letter != '.' && std::isdigit(static_cast<unsigned char>(letter)) == 0) {
            break;
        }
        ++end;
    }
    const bool complete = dots > 0 && end > 2 && version[end - 1] != '.' && version[0] != '.';
    return complete ? version.substr(0, end) : "";
}

std::string venv_version(const std::string& pyvenv_cfg) {
    std::ifstream file(pyvenv_cfg);
    std::string line;
    while (std::getline(file, line)) {
        const std::size_t equals = line.find('=');
        const std::string key = line.substr(0, std::min(line.find_first_of(" \t="), equals));
        const std::size_t value = line.find_first_not_of(" \t", equals + 1);
        const bool names_version = key == "version" || key == "version_info";
        if (equals != std::string::npos && value != std::string::npos && names_version) {
            return line.substr(value);
        }
    }
    return {};
}

void check_interpreter(const std::string& python) {
    if (python == kDefaultPython) {
        return;
    }
    const auto venv = std::filesystem::path(python).parent_path().parent_path();
    std::string version = venv_version((venv / "pyvenv.cfg").string());
    if (version.empty()) {
        version = ask_version(python);
    }
    const std::string minor = minor_version(version);
    if (minor.empty()) {
        throw CommandError(exit_code::kPython,
                           "the interpreter " + python + " does not tell its version");
    }
    if (minor != kPythonVersion) {
        throw CommandError(exit_code::kPython,
                           "the interpreter " + python + " is Python " + minor +
                               ", but the workers were built for Python " + kPythonVersion +
                               "; make a venv by " + kDefaultPython + " -m venv");
    }
}

}  // namespace typhon::cli
