// The run directory: one gateway's lock, sockets and files, for its owner alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "gateway/supervisor/unique_fd.hpp"

namespace typhon::cli {

/// What the lock file of a run directory says about the gateway that runs there.
struct RunDirState {
    pid_t pid = 0;
    std::string listen;  // "127.0.0.1:3000"; empty before it listens
};

/// The directory of a gateway on `port`: $XDG_RUNTIME_DIR/typhon-PORT, else typhon-UID-PORT in the
/// temp directory, else (when that path is too long for a socket) in /tmp. Port 0: by process id.
[[nodiscard]] std::string default_run_dir(std::uint16_t port);

/// All places where default_run_dir() of another environment may be.
[[nodiscard]] std::vector<std::string> possible_run_dirs(std::uint16_t port);

/// Throws CommandError (kRunDirectory) when a socket's path in `directory` would be too long.
void check_socket_room(const std::string& directory);

/// Is `directory` one of this user's, and no link to one? In a temp directory, where anybody may
/// make entries, only such a place is to be trusted.
[[nodiscard]] bool is_own_run_dir(const std::string& directory);

/// The gateway that holds the lock of `directory`, if one does. Never blocks, whatever lies there.
[[nodiscard]] std::optional<RunDirState> running_gateway(const std::string& directory);

class RunDir {
public:
    /// Makes the directory (0700 whatever the umask), takes its lock and removes what a dead
    /// gateway left. Throws CommandError (kRunDirectory): not ours, not usable, or another gateway
    /// runs in it. Blocks for at most 0.2 s.
    explicit RunDir(const std::string& path);
    /// Removes its files, the lock and the directory; a directory that was there before stays.
    ~RunDir();
    RunDir(const RunDir&) = delete;
    RunDir& operator=(const RunDir&) = delete;
    RunDir(RunDir&&) = delete;
    RunDir& operator=(RunDir&&) = delete;

    /// Writes down where the gateway listens, for the client commands.
    void record_address(const std::string& listen);

    /// Leaves `text` in a file of its own, which the workers read; its path. Throws CommandError
    /// (kRunDirectory).
    [[nodiscard]] std::string write_native_api(const std::string& text);

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] std::string admin_socket() const { return path_ + "/admin.sock"; }

private:
    void open_directory();
    void take_lock();
    void write_state(const std::string& listen);
    void remove_files() const noexcept;

    std::string path_;
    bool created_ = false;
    UniqueFd directory_;
    UniqueFd lock_;
};

}  // namespace typhon::cli
