#include "pyworker/environment.hpp"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace typhon::worker {

namespace {

bool is_removed(std::string_view name) {
    return name.starts_with("TYPHON_WORKER_");
}

/// Their texts are erased, too: /proc/PID/environ shows the memory in which they were passed.
void remove_variables() {
    std::vector<std::pair<std::string, char*>> removed;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view variable(*entry);
        const std::string_view name = variable.substr(0, variable.find('='));
        if (is_removed(name)) {
            removed.emplace_back(name, *entry);
        }
    }
    for (const auto& [name, text] : removed) {
        unsetenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): no other thread exists yet
        ::explicit_bzero(text, std::strlen(text));
    }
}

void set_action(int signal, void (*action)(int)) {
    struct sigaction wanted {};
    wanted.sa_handler = action;
    sigemptyset(&wanted.sa_mask);
    sigaction(signal, &wanted, nullptr);
}

}  // namespace

WorkerOptions take_options() {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread exists yet
    WorkerOptions options = read_options([](const char* name) { return std::getenv(name); });
    remove_variables();
    return options;
}

void open_standard_descriptors() {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(fd, F_GETFD) < 0) {
            ::open("/dev/null", O_RDWR);  // takes the lowest number that is free: this one
        }
    }
}

void set_signals() {
    for (int signal = 1; signal < NSIG; ++signal) {
        set_action(signal, SIG_DFL);  // fails, and may, for SIGKILL and SIGSTOP
    }
    set_action(SIGINT, SIG_IGN);
    set_action(SIGPIPE, SIG_IGN);
    set_action(SIGXFSZ, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace typhon::worker
