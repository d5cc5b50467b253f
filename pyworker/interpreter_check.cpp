#include "pyworker/interpreter_check.hpp"

#include <system_error>

#include <Python.h>

#include "proto/interpreter_probe.hpp"
#include "pyworker/start_failure.hpp"

namespace typhon::worker {

namespace {

const std::string& embedded_version() {
    static const std::string version =
        std::to_string(PY_MAJOR_VERSION) + "." + std::to_string(PY_MINOR_VERSION);
    return version;
}

[[noreturn]] void fail(const std::string& text) {
    throw StartFailure("interpreter", text);
}

std::string ask_version(const std::string& python) {
    try {
        return proto::ask_version(python);
    } catch (const std::system_error& error) {
        fail(error.what());
    }
}

}  // namespace

std::string version_fault(std::string_view python, std::string_view printed) {
    const std::string_view version = printed.substr(0, printed.find_first_of("\r\n "));
    if (version == embedded_version()) {
        return {};
    }
    const std::string name(python);
    if (version.empty()) {
        return "the interpreter " + name + " does not say its version";
    }
    return "the interpreter " + name + " is Python " + std::string(version) +
           ", but this worker embeds Python " + embedded_version() +
           ": make the virtual environment with /usr/bin/python3";
}

void check_interpreter(const std::string& python) {
    if (const std::string fault = version_fault(python, ask_version(python)); !fault.empty()) {
        fail(fault);
    }
}

}  // namespace typhon::worker
