#include "gateway/cli/resolve.hpp"

#include <filesystem>
#include <initializer_list>

#include <unistd.h>

#include "gateway/cli/error.hpp"
#include "gateway/cli/interpreter.hpp"
#include "gateway/cli/run_dir.hpp"
#include "gateway/exit_codes.hpp"

namespace typhon::cli {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& text) {
    throw CommandError(exit_code::kPython, text);
}

bool is_executable_file(const std::string& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

void resolve_app(SupervisorOptions& options) {
    options.app = absolute_path(options.app.empty() ? "app" : options.app);
    std::error_code ignored;
    if (!fs::exists(options.app, ignored)) {
        refuse("the application directory " + options.app + " does not exist; give one by --app");
    }
    if (!fs::is_directory(options.app, ignored)) {
        refuse("the application " + options.app + " is not a directory");
    }
    if (::access(options.app.c_str(), R_OK | X_OK) != 0) {
        refuse("the application directory " + options.app + " cannot be read");
    }
}

bool holds_framework(const std::string& directory) {
    std::error_code ignored;
    return fs::is_regular_file(directory + "/typhon/__init__.py", ignored);
}

std::string readable_directory(const std::string& option, const std::string& given) {
    const std::string path = absolute_path(given);
    std::error_code ignored;
    if (!fs::is_directory(path, ignored) || ::access(path.c_str(), X_OK) != 0) {
        throw CommandError(exit_code::kUsage,
                           option + ": " + path + " is not a directory that can be read");
    }
    return path;
}

/// After resolve_app().
void resolve_files(Options& options) {
    for (StaticDirectory& each : options.http.statics) {
        each.directory = readable_directory("--static", each.directory);
    }
    for (std::string& each : options.http.file_roots) {
        each = readable_directory("--file-root", each);
    }
    if (options.http.file_roots.empty()) {
        options.http.file_roots.push_back(options.supervisor.app);
    }
}

void resolve_framework(SupervisorOptions& options) {
    if (!options.framework.empty()) {
        options.framework = absolute_path(options.framework);
        if (!holds_framework(options.framework)) {
            refuse("there is no typhon/__init__.py in the framework directory " +
                   options.framework);
        }
        return;
    }
    options.framework = framework_directory();
}

void resolve_worker(SupervisorOptions& options) {
    if (options.worker_bin.empty()) {
        const std::string here = executable_directory();
        options.worker_bin = here + "/typhon-worker";
        if (!is_executable_file(options.worker_bin)) {
            options.worker_bin = here + "/../libexec/typhon/typhon-worker";
        }
    }
    options.worker_bin = absolute_path(options.worker_bin);
    if (!is_executable_file(options.worker_bin)) {
        refuse("the worker executable " + options.worker_bin +
               " does not exist or cannot be run; build it, or give it by --worker-bin");
    }
}

void resolve_python(Options& options) {
    std::string& python = options.supervisor.python;
    if (!python.empty()) {
        python = absolute_path(python);
    } else if (!options.venv.empty()) {
        options.venv = absolute_path(options.venv);
        python = options.venv + "/bin/python";
        if (!is_executable_file(python)) {
            refuse(options.venv + " is not a virtual environment: " + python +
                   " does not exist or cannot be run; make one by " + kDefaultPython + " -m venv " +
                   options.venv);
        }
    } else {
        python = kDefaultPython;
    }
    if (!is_executable_file(python)) {
        refuse("the interpreter " + python + " does not exist or cannot be run");
    }
    check_interpreter(python);
}

}  // namespace

std::string framework_directory() {
    const std::string here = executable_directory();
    for (const std::string& place : {here + "/../python",
                                     here + "/../share/typhon/python",
                                     std::string(TYPHON_SOURCE_PYTHON)}) {
        if (holds_framework(place)) {
            return absolute_path(place);
        }
    }
    refuse("the typhon Python package is not where it should be, " +
           absolute_path(here + "/../python") + "; give its directory by --framework");
}

std::string executable_directory() {
    std::error_code error;
    const fs::path self = fs::read_symlink("/proc/self/exe", error);
    return error ? "." : self.parent_path().string();
}

std::string absolute_path(const std::string& path) {
    std::error_code error;
    const fs::path absolute = fs::absolute(path, error);
    std::string text = (error ? fs::path(path) : absolute).lexically_normal().string();
    while (text.size() > 1 && text.back() == '/') {
        text.pop_back();
    }
    return text;
}

void resolve(Options& options) {
    for (ListenAddress& address : options.listen) {
        address.path = address.path.empty() ? "" : absolute_path(address.path);
    }
    for (std::string* file : {&options.tls_cert, &options.tls_key}) {
        *file = file->empty() ? "" : absolute_path(*file);
    }
    if (std::string& file = options.access_log.file; !file.empty() && file != "-") {
        file = absolute_path(file);
    }
    resolve_app(options.supervisor);
    resolve_files(options);
    resolve_framework(options.supervisor);
    resolve_worker(options.supervisor);
    resolve_python(options);
    options.supervisor.run_dir = options.supervisor.run_dir.empty()
                                     ? default_run_dir(options.port)
                                     : absolute_path(options.supervisor.run_dir);
    check_socket_room(options.supervisor.run_dir);
}

}  // namespace typhon::cli
