#include "gateway/cli/interpreter.hpp"

#include <array>
#include <cctype>
#include <csignal>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/cli/error.hpp"
#include "gateway/exit_codes.hpp"
#include "gateway/supervisor/unique_fd.hpp"
#include "proto/deadline.hpp"

namespace typhon::cli {

namespace {

constexpr std::chrono::milliseconds kPatience{10'000};

/// Starts `python` to print its version into `output`; -1 when it cannot be started.
pid_t start_version(const std::string& python, int output) {
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    std::array<std::string, 5> words{
        python, "-I", "-S", "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"};
    std::array<char*, 6> arguments{};
    for (std::size_t index = 0; index < words.size(); ++index) {
        arguments[index] = words[index].data();
    }
    pid_t pid = -1;
    const int error =
        ::posix_spawn(&pid, python.c_str(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    return error == 0 ? pid : -1;
}

std::string read_until_end(int fd, proto::Deadline deadline) {
    std::string text;
    std::array<char, 256> buffer{};
    pollfd wait{fd, POLLIN, 0};
    while (text.size() < 4096 && ::poll(&wait, 1, static_cast<int>(deadline.left_ms())) > 0) {
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got <= 0) {
            break;
        }
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text;
}

/// What `python` says its version is; empty when it says nothing in time.
std::string ask_version(const std::string& python) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return {};
    }
    const UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    const pid_t pid = start_version(python, write_end.get());
    write_end.reset();
    if (pid < 0) {
        return {};
    }
    std::string text = read_until_end(read_end.get(), proto::Deadline::after(kPatience));
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return text;
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
