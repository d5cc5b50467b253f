#include "gateway/admin/admin_server.hpp"

#include <charconv>
#include <stdexcept>
#include <thread>
#include <utility>

#include <httplib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/admin/request_threads.hpp"

namespace typhon {

namespace {

using nlohmann::json;

constexpr time_t kTimeoutSeconds = 2;
constexpr std::size_t kMaxBody = std::size_t{64} << 10U;

void answer(httplib::Response& response, int status, const json& body) {
    response.status = status;
    // Tracebacks may hold what is not UTF-8.
    response.set_content(body.dump(-1, ' ', false, json::error_handler_t::replace),
                         "application/json");
}

void answer(httplib::Response& response, const ReloadResult& result) {
    answer(response,
           result.ok ? 200 : 409,
           {{"ok", result.ok},
            {"message", result.message},
            {"generation", result.generation},
            {"workers", result.workers},
            {"took_ms", result.took.count()}});
}

void scale(const AdminHandlers& handlers,
           const httplib::Request& request,
           httplib::Response& response) {
    const std::string text = request.get_param_value("workers");
    std::uint32_t workers = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), workers);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return answer(response, 400, {{"error", "workers is a number, not '" + text + "'"}});
    }
    answer(response, handlers.scale(workers));
}

void fail(httplib::Response& response, const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        answer(response, 500, {{"error", error.what()}});
    } catch (...) {
        answer(response, 500, {{"error", "unknown failure"}});
    }
}

}  // namespace

struct AdminServer::Listener {
    explicit Listener(AdminHandlers given) : handlers(std::move(given)) {}

    void add_handlers();
    void bind(const std::string& path);

    AdminHandlers handlers;
    httplib::Server server;
    std::string path;
    std::thread thread;
};

void AdminServer::Listener::add_handlers() {
    server.Get("/status", [this](const httplib::Request&, httplib::Response& response) {
        answer(response, 200, handlers.status());
    });
    server.Get("/routes", [this](const httplib::Request&, httplib::Response& response) {
        answer(response, 200, handlers.routes());
    });
    server.Post("/reload", [this](const httplib::Request&, httplib::Response& response) {
        answer(response, handlers.reload());
    });
    server.Post("/scale", [this](const httplib::Request& request, httplib::Response& response) {
        scale(handlers, request, response);
    });
    server.Post("/stop", [this](const httplib::Request&, httplib::Response& response) {
        handlers.stop();
        answer(response, 202, {{"ok", true}});
    });
    server.set_exception_handler(
        [](const httplib::Request&,
           httplib::Response& response,
           const std::exception_ptr& failure) { fail(response, failure); });
    server.set_error_handler([](const httplib::Request&, httplib::Response& response) {
        if (response.body.empty()) {
            answer(response, response.status, {{"error", "no such request"}});
        }
    });
}

void AdminServer::Listener::bind(const std::string& socket_path) {
    server.set_address_family(AF_UNIX);
    server.set_socket_options([](socket_t /*no SO_REUSEPORT*/) {});
    server.new_task_queue = [] { return new RequestThreads; };
    server.set_keep_alive_max_count(1);
    server.set_read_timeout(kTimeoutSeconds);
    server.set_write_timeout(kTimeoutSeconds);
    server.set_payload_max_length(kMaxBody);
    ::unlink(socket_path.c_str());
    // The port has no meaning for a unix socket, but 0 would ask for its number.
    if (!server.bind_to_port(socket_path, 80)) {
        throw std::runtime_error("the admin socket " + socket_path + " cannot be bound");
    }
    path = socket_path;
    if (::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) {
        throw std::runtime_error("the admin socket " + path + " cannot be made private");
    }
}

AdminServer::AdminServer(const std::string& socket_path, AdminHandlers handlers)
    : listener_(std::make_unique<Listener>(std::move(handlers))) {
    listener_->add_handlers();
    listener_->bind(socket_path);
    listener_->thread = std::thread([&server = listener_->server] { server.listen_after_bind(); });
    // httplib's stop() does nothing before its loop runs.
    while (!listener_->server.is_running()) {
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
}

AdminServer::~AdminServer() {
    stop();
}

void AdminServer::stop() {
    if (!listener_->thread.joinable()) {
        return;
    }
    ::unlink(listener_->path.c_str());
    listener_->server.stop();
    listener_->thread.join();
}

}  // namespace typhon
