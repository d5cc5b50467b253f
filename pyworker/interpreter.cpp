#include "pyworker/interpreter.hpp"

#include <filesystem>

#include <pybind11/embed.h>

#include "pyworker/interpreter_check.hpp"
#include "pyworker/module.hpp"
#include "pyworker/start_failure.hpp"

namespace py = pybind11;

namespace typhon::worker {

namespace {

constexpr const char* kStage = "interpreter";

void check(const PyStatus& status, const std::string& what) {
    if (PyStatus_Exception(status) != 0) {
        const std::string reason = status.err_msg != nullptr ? status.err_msg : "unknown reason";
        throw StartFailure(kStage, "cannot start Python: " + what + ": " + reason);
    }
}

/// Clears the configuration whatever happens.
class Config {
public:
    Config() { PyConfig_InitPythonConfig(&config_); }
    ~Config() { PyConfig_Clear(&config_); }
    Config(const Config&) = delete;
    Config& operator=(const Config&) = delete;
    Config(Config&&) = delete;
    Config& operator=(Config&&) = delete;

    PyConfig* operator->() noexcept { return &config_; }
    PyConfig* get() noexcept { return &config_; }

    void set(wchar_t** field, const std::string& text, const std::string& what) {
        check(PyConfig_SetBytesString(&config_, field, text.c_str()), what);
    }

private:
    PyConfig config_{};
};

void pre_initialize() {
    PyPreConfig config;
    PyPreConfig_InitPythonConfig(&config);
    config.utf8_mode = 1;  // whatever the locale of the service manager is
    config.parse_argv = 0;
    config.use_environment = 0;
    check(Py_PreInitialize(&config), "encoding");
}

/// PYTHON* variables are ignored; the pool's interpreters inherit that as a flag.
void initialize(const std::string& python) {
    Config config;
    config->parse_argv = 0;
    config->use_environment = 0;
    config->user_site_directory = 0;
    config->safe_path = 1;
    config->write_bytecode = 0;
    config->install_signal_handlers = 0;
    config->faulthandler = 1;
    config.set(&config->program_name, python, "program name");
    config.set(&config->executable, python, "executable");
    wchar_t name[] = L"typhon-worker";  // NOLINT(modernize-avoid-c-arrays): PyConfig's interface
    wchar_t* argv[] = {name};           // NOLINT(modernize-avoid-c-arrays)
    check(PyConfig_SetArgv(config.get(), 1, argv), "argv");
    check(Py_InitializeFromConfig(config.get()), "initialization");
}

void set_up_path(const WorkerOptions& options) {
    py::list path = py::module_::import("sys").attr("path");
    for (const std::string& directory : {options.framework, options.app}) {
        path.insert(0, directory);
    }
}

/// Each line of print() appears when it is written; what cannot be written or encoded does not
/// raise.
void set_up_streams(const WorkerOptions& options) {
    try {
        py::module_::import("typhon._streams").attr("replace_streams")(options.log_level);
    } catch (py::error_already_set& error) {
        throw StartFailure(
            "import",
            "the framework in " + options.framework + " cannot be imported: " + error.what());
    }
}

}  // namespace

void start_interpreter(const WorkerOptions& options) {
    check_interpreter(options.python);
    keep_registration();
    pre_initialize();
    initialize(options.python);
    try {
        set_up_path(options);
        set_up_streams(options);
        const py::object executable = py::module_::import("sys").attr("executable");
        py::module_::import("multiprocessing").attr("set_executable")(executable);
    } catch (py::error_already_set& error) {
        throw StartFailure(kStage, std::string("cannot set Python up: ") + error.what());
    }
}

}  // namespace typhon::worker
