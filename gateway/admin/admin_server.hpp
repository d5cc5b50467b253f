// The admin socket: what `typhon status`, `reload`, `scale`, `routes` and `stop` talk to.
//
// HTTP and JSON on a unix socket that only its owner may use. It has threads of its own and answers
// when the event loops do not; it decides nothing, the handlers do.
//
//     GET  /status           200, the object of AdminHandlers::status
//     GET  /routes           200, the object of AdminHandlers::routes
//     POST /reload           200 or 409: {"ok", "message", "generation", "workers", "took_ms"}
//     POST /scale?workers=N  the same; 400 {"error"} without a number
//     POST /stop             202 {"ok": true}: the stop has begun
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "gateway/supervisor/supervisor_status.hpp"

namespace typhon {

/// Called on the admin threads, several at once. reload and scale block until the outcome is known;
/// the others return soon. One that throws is answered 500 with what it says.
struct AdminHandlers {
    std::function<nlohmann::json()> status;
    /// {"routes": [{"methods": [...], "pattern", "handler", "mode"}, ...]}
    std::function<nlohmann::json()> routes;
    std::function<ReloadResult()> reload;
    std::function<ReloadResult(std::uint32_t workers)> scale;
    std::function<void()> stop;
};

class AdminServer {
public:
    /// Binds `socket_path` (mode 0600; its directory must be private) and serves at once. Throws
    /// std::runtime_error when it cannot be bound.
    AdminServer(const std::string& socket_path, AdminHandlers handlers);
    ~AdminServer();
    AdminServer(const AdminServer&) = delete;
    AdminServer& operator=(const AdminServer&) = delete;
    AdminServer(AdminServer&&) = delete;
    AdminServer& operator=(AdminServer&&) = delete;

    /// Closes the socket and waits for the handlers that run. May be called twice; not from a
    /// handler.
    void stop();

private:
    struct Listener;
    std::unique_ptr<Listener> listener_;
};

}  // namespace typhon
