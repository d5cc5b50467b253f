// Stands for typhon-worker in the tests of the supervisor: it does what the file "mode.py" of its
// application directory says, and writes its pid to a file named like its identity.
//
//     serve       runs until SIGTERM (exit code 0); at SIGQUIT it writes the file IDENTITY.stacks
//     children    the same, with a child in its group that ignores SIGTERM (pid in "child")
//     stubborn    the same, but ignores SIGTERM
//     exit N      ends at once with exit code N
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>

#include <unistd.h>

#include "proto/worker_env.hpp"

namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
    return value == nullptr ? "" : value;
}

void start_child(const std::string& app) {
    const pid_t child = ::fork();
    if (child == 0) {
        std::signal(SIGTERM, SIG_IGN);
        while (true) {
            ::pause();
        }
    }
    std::ofstream(app + "/child.new") << child;
    std::rename((app + "/child.new").c_str(), (app + "/child").c_str());
}

}  // namespace

int main() {
    namespace env = typhon::proto::worker_env;
    const std::string app = variable(env::kApp);
    const std::string identity = variable(env::kIdentity);
    std::string mode;
    int code = 0;
    std::ifstream(app + "/mode.py") >> mode >> code;
    if (mode == "exit") {
        return code;
    }
    sigset_t wanted;
    ::sigemptyset(&wanted);
    ::sigaddset(&wanted, SIGTERM);
    ::sigaddset(&wanted, SIGQUIT);
    ::pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
    if (mode == "children") {
        start_child(app);
    }
    std::ofstream(app + "/" + identity + ".new") << ::getpid();
    std::rename((app + "/" + identity + ".new").c_str(), (app + "/" + identity).c_str());
    int number = 0;
    do {
        ::sigwait(&wanted, &number);
        if (number == SIGQUIT) {
            std::ofstream(app + "/" + identity + ".stacks") << "stacks";
        }
    } while (mode == "stubborn" || number == SIGQUIT);
    return 0;
}
