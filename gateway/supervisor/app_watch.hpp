// Watches the application's directory for `--reload`, on a thread of its own.
//
// It looks at the files again and again instead of asking the kernel for events: that works on
// network and shared file systems, too, needs one rule for every way in which editors write, and
// costs little (scan_app() reads no file). A directory that hangs holds up this thread alone.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "gateway/supervisor/app_fingerprint.hpp"
#include "gateway/supervisor/backoff.hpp"
#include "gateway/supervisor/change_debounce.hpp"

namespace typhon {

class AppWatch {
public:
    /// Between two looks, at least; a look that takes long is repeated less often, so that watching
    /// costs at most 2 % of a core.
    static constexpr Milliseconds kInterval{250};

    /// What there is now counts as known. `on_change` gets a text for the log ("a.py changed") on
    /// the thread of the watch, after the files have come to rest.
    AppWatch(std::string app, std::function<void(const std::string&)> on_change);
    /// Ends and waits for the thread.
    ~AppWatch();
    AppWatch(const AppWatch&) = delete;
    AppWatch& operator=(const AppWatch&) = delete;
    AppWatch(AppWatch&&) = delete;
    AppWatch& operator=(AppWatch&&) = delete;

    /// Tells the thread to end; a look that is under way is finished. Any thread; returns at once.
    void end();

private:
    void run();
    void look(ChangeDebounce& debounce);
    /// False when it should end.
    [[nodiscard]] bool rest(Milliseconds time);

    std::string app_;
    std::function<void(const std::string&)> on_change_;
    AppFiles known_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool ended_ = false;
    std::thread thread_;
};

}  // namespace typhon
