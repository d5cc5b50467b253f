#include "gateway/supervisor/process.hpp"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <fstream>

#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/asio.hpp"
#include "proto/thread_room.hpp"

namespace typhon {

namespace {

namespace bp = boost::process;

// The functions of this block run between fork and exec: only async-signal-safe calls.

void reset_signals() noexcept {
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number) {
        ::sigaction(number, &standard, nullptr);
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

void close_on_exec_from(int first) noexcept {
    if (::close_range(static_cast<unsigned>(first), ~0U, CLOSE_RANGE_CLOEXEC) == 0) {
        return;
    }
    // An old kernel: one by one.
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    for (int fd = first; fd < static_cast<int>(limit.rlim_cur); ++fd) {
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
}

void stdin_from_null() noexcept {
    const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null > STDIN_FILENO) {
        ::dup2(null, STDIN_FILENO);
        ::close(null);
    }
}

void limit_open_files(std::size_t most) noexcept {
    rlimit limit{};
    if (most != 0 && ::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = std::min<rlim_t>(most, limit.rlim_max);
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void become_worker(pid_t parent, const SpawnRequest& request) noexcept {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {  // it ended before the line above
        ::_exit(EXIT_FAILURE);
    }
    stdin_from_null();
    close_on_exec_from(STDERR_FILENO + 1);
    for (const int fd : request.keep) {
        ::fcntl(fd, F_SETFD, 0);
    }
    limit_open_files(request.open_files);
    reset_signals();
}

/// "NAME=value" texts and the pointers to them that exec wants. (Boost 1.74's own environment reads
/// behind the end of its strings.)
class ExecEnvironment {
public:
    explicit ExecEnvironment(const Environment& environment) {
        for (const auto& [name, value] : environment) {
            texts_.emplace_back(name).append("=").append(value);
        }
        for (std::string& text : texts_) {
            pointers_.push_back(text.data());
        }
        pointers_.push_back(nullptr);
    }
    [[nodiscard]] char** get() noexcept { return pointers_.data(); }

private:
    std::vector<std::string> texts_;
    std::vector<char*> pointers_;
};

}  // namespace

pid_t spawn(const SpawnRequest& request) {
    const pid_t parent = ::getpid();
    ExecEnvironment environment(request.environment);
    std::error_code error;
    bp::child child(
        bp::exe = request.program,
        bp::args = request.arguments,
        error,
        bp::extend::on_setup = [&environment](auto& executor) { executor.env = environment.get(); },
        bp::extend::on_exec_setup =
            [parent, &request](auto& /*executor*/) { become_worker(parent, request); });
    if (error) {
        throw std::system_error(error, "start " + request.program);
    }
    const pid_t pid = child.id();
    child.detach();
    return pid;
}

void kill_group(pid_t group) noexcept {
    if (group > 1) {
        ::kill(-group, SIGKILL);
    }
}

void ask_for_stacks(pid_t worker) noexcept {
    if (worker > 1) {
        ::kill(worker, SIGQUIT);
    }
}

std::optional<ProcessExit> reap() {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) {
        return std::nullopt;
    }
    ProcessExit result{info.si_pid, 0};
    kill_group(result.pid);
    if (::waitpid(result.pid, &result.status, 0) != result.pid) {
        return std::nullopt;
    }
    return result;
}

bool has_children() noexcept {
    siginfo_t info{};
    return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

std::string describe_exit(int status) {
    if (WIFSIGNALED(status)) {
        const int number = WTERMSIG(status);
        const char* name = ::sigabbrev_np(number);
        return "signal " + std::to_string(number) +
               (name != nullptr ? " (SIG" + std::string(name) + ")" : "");
    }
    const int code = WEXITSTATUS(status);
    const bool no_threads = code == proto::kExitNoThreads;
    return "exit code " + std::to_string(code) +
           (no_threads ? " (the limit of processes and threads is too low: raise it, ulimit -u, "
                         "LimitNPROC=, TasksMax=)"
                       : "");
}

void adopt_orphans() noexcept {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

std::size_t resident_bytes(pid_t pid) {
    std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
    std::size_t size = 0;
    std::size_t resident = 0;
    if (!(statm >> size >> resident)) {
        return 0;
    }
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t resident_bytes(const std::vector<std::uint32_t>& pids) {
    std::size_t sum = 0;
    for (const std::uint32_t pid : pids) {
        sum += resident_bytes(static_cast<pid_t>(pid));
    }
    return sum;
}

}  // namespace typhon
