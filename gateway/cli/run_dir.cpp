#include "gateway/cli/run_dir.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/cli/error.hpp"
#include "gateway/exit_codes.hpp"

namespace typhon::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* kLock = "lock";
constexpr const char* kNativeApi = "native-api.json";
constexpr std::array<const char*, 3> kFiles{"relay.sock", "admin.sock", kNativeApi};
constexpr std::size_t kLongestSocket = 11;  // "/relay.sock"
constexpr std::size_t kLongestState = 1024;
constexpr mode_t kOwnerOnly = 0700;
constexpr int kLockTries = 10;
constexpr std::chrono::milliseconds kLockPause{20};

[[noreturn]] void refuse(const std::string& text) {
    throw CommandError(exit_code::kRunDirectory, text);
}

std::string reason() {
    return std::generic_category().message(errno);
}

bool has_socket_room(const std::string& directory) {
    return directory.size() + kLongestSocket < sizeof(sockaddr_un::sun_path);
}

std::string variable(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    return value == nullptr ? "" : value;
}

/// Is it a directory that we own? (That of another user's environment is not.)
bool is_own_directory(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == ::geteuid();
}

std::string key_of(std::uint16_t port) {
    return port != 0 ? std::to_string(port) : "p" + std::to_string(::getpid());
}

bool is_file(int fd) {
    struct stat info {};
    return ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

/// What write_state() has written.
RunDirState read_state(int lock) {
    std::string text(kLongestState, '\0');
    const ssize_t size = ::pread(lock, text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    std::istringstream words(text);
    RunDirState state;
    std::string word;
    while (words >> word) {
        if (word == "pid") {
            words >> state.pid;
        } else if (word == "listen") {
            words >> state.listen;
        }
    }
    return state;
}

}  // namespace

std::vector<std::string> possible_run_dirs(std::uint16_t port) {
    std::vector<std::string> places;
    const std::string runtime = variable("XDG_RUNTIME_DIR");
    if (runtime.starts_with('/') && is_own_directory(runtime)) {
        places.push_back(runtime + "/typhon-" + key_of(port));
    }
    const std::string name = "/typhon-" + std::to_string(::geteuid()) + "-" + key_of(port);
    std::error_code ignored;
    const std::string temp = variable("TMPDIR");
    if (temp.starts_with('/') && fs::is_directory(temp, ignored)) {
        places.push_back(fs::path(temp).lexically_normal().string() + name);
    }
    places.push_back("/tmp" + name);
    std::erase_if(places, [](const std::string& place) { return !has_socket_room(place); });
    return places;
}

std::string default_run_dir(std::uint16_t port) {
    return possible_run_dirs(port).front();
}

void check_socket_room(const std::string& directory) {
    if (!has_socket_room(directory)) {
        refuse("the path of the run directory " + directory +
               " is too long for a socket (at most " +
               std::to_string(sizeof(sockaddr_un::sun_path) - kLongestSocket - 1) +
               " bytes); give a shorter one by --run-dir");
    }
}

bool is_own_run_dir(const std::string& directory) {
    struct stat info {};
    return ::lstat(directory.c_str(), &info) == 0 && S_ISDIR(info.st_mode) &&
           info.st_uid == ::geteuid();
}

std::optional<RunDirState> running_gateway(const std::string& directory) {
    const std::string path = directory + "/" + kLock;
    // Without O_NONBLOCK a FIFO in its place would keep us until somebody writes to it (open(2)).
    const UniqueFd lock(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!lock.valid() || !is_file(lock.get()) || ::flock(lock.get(), LOCK_SH | LOCK_NB) == 0 ||
        errno != EWOULDBLOCK) {
        return std::nullopt;
    }
    return read_state(lock.get());
}

RunDir::RunDir(const std::string& path) : path_(path) {
    check_socket_room(path_);
    open_directory();
    take_lock();
    remove_files();
    write_state("");
}

RunDir::~RunDir() {
    remove_files();
    ::unlinkat(directory_.get(), kLock, 0);
    if (created_) {
        ::rmdir(path_.c_str());
    }
}

void RunDir::open_directory() {
    std::error_code error;
    fs::create_directories(fs::path(path_).parent_path(), error);
    created_ = ::mkdir(path_.c_str(), kOwnerOnly) == 0;
    if (!created_ && errno != EEXIST) {
        refuse("the run directory " + path_ + " cannot be made: " + reason());
    }
    directory_ = UniqueFd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat info {};
    if (!directory_.valid() || ::fstat(directory_.get(), &info) != 0) {
        refuse("the run directory " + path_ + " cannot be opened: " + reason());
    }
    if (info.st_uid != ::geteuid()) {
        refuse("the run directory " + path_ + " belongs to another user");
    }
    if ((info.st_mode & 07777U) != kOwnerOnly && ::fchmod(directory_.get(), kOwnerOnly) != 0) {
        refuse("the run directory " + path_ + " cannot be made private: " + reason());
    }
}

/// A gateway that ends removes its lock file, so a lock on a file that is gone does not count.
void RunDir::take_lock() {
    for (int attempt = 0; attempt < kLockTries; ++attempt) {
        lock_ = UniqueFd(::openat(
            directory_.get(), kLock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
        if (!lock_.valid()) {
            refuse("the lock in the run directory " + path_ + " cannot be opened: " + reason());
        }
        if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
            if (attempt + 1 < kLockTries) {  // perhaps a command that looks who runs here
                std::this_thread::sleep_for(kLockPause);
                continue;
            }
            const auto other = running_gateway(path_);
            refuse("another gateway" +
                   (other && other->pid > 0 ? " (pid " + std::to_string(other->pid) + ")" : "") +
                   " runs in the run directory " + path_ +
                   "; stop it, or give another by --run-dir");
        }
        struct stat info {};
        if (::fstat(lock_.get(), &info) == 0 && info.st_nlink > 0) {
            // A dead gateway left its file here: the directory is one of ours.
            created_ = created_ || info.st_size > 0;
            return;
        }
    }
    refuse("the run directory " + path_ + " cannot be locked");
}

void RunDir::record_address(const std::string& listen) {
    write_state(listen);
}

std::string RunDir::write_native_api(const std::string& text) {
    const UniqueFd file(::openat(directory_.get(),
                                 kNativeApi,
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                 S_IRUSR | S_IWUSR));
    std::size_t done = 0;
    while (file.valid() && done < text.size()) {
        const ssize_t count = ::write(file.get(), text.data() + done, text.size() - done);
        if (count < 0) {
            break;
        }
        done += static_cast<std::size_t>(count);
    }
    if (!file.valid() || done < text.size()) {
        refuse("the file " + std::string(kNativeApi) + " in the run directory " + path_ +
               " cannot be written: " + reason());
    }
    return path_ + "/" + kNativeApi;
}

void RunDir::write_state(const std::string& listen) {
    std::string text = "pid " + std::to_string(::getpid()) + "\n";
    if (!listen.empty()) {
        text += "listen " + listen + "\n";
    }
    const bool written =
        ::ftruncate(lock_.get(), 0) == 0 &&
        ::pwrite(lock_.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
    if (!written) {
        refuse("the lock in the run directory " + path_ + " cannot be written: " + reason());
    }
}

void RunDir::remove_files() const noexcept {
    for (const char* name : kFiles) {
        ::unlinkat(directory_.get(), name, 0);
    }
}

}  // namespace typhon::cli
