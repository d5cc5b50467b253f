// What the gateway tells and does on its admin socket, and its start-up lines.
#include <chrono>
#include <unordered_map>
#include <utility>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "gateway/gateway.hpp"
#include "gateway/supervisor/process.hpp"
#include "proto/mode_name.hpp"

namespace typhon {

namespace {

using nlohmann::json;

/// Longer than the workers may take to start and to switch.
proto::Deadline change_deadline(const SupervisorOptions& options) {
    return proto::Deadline::after(options.start_timeout * 2 + Milliseconds(10'000));
}

json worker_json(const WorkerStatus& worker, const LinkStatus* link) {
    json pool_pids = worker.pool_pids;
    if (link != nullptr && !link->last_pong.pool_pids.empty()) {
        pool_pids = link->last_pong.pool_pids;
    }
    const std::size_t pool_rss = resident_bytes(pool_pids.get<std::vector<std::uint32_t>>());
    return {{"pid", worker.pid},
            {"state", state_name(worker.state)},
            {"generation", worker.generation},
            {"in_flight", link != nullptr ? link->in_flight : 0},
            {"served", link != nullptr ? link->served : 0},
            {"restarts", worker.restarts},
            {"recycled", worker.recycled},
            {"rss_bytes", worker.rss_bytes},
            {"pool_rss_bytes", worker.pid > 0 ? pool_rss : 0},
            {"pool_pids", std::move(pool_pids)}};
}

json refused_json(const RefusedCounts& refused) {
    return {{"strangers", refused.strangers},
            {"greetings", refused.greetings},
            {"malformed", refused.malformed},
            {"misplaced", refused.misplaced},
            {"replies", refused.replies}};
}

}  // namespace

void Gateway::start_admin() {
    AdminHandlers handlers;
    handlers.status = [this] { return status_json(); };
    handlers.routes = [this] { return routes_json(); };
    handlers.reload = [this] { return reload(); };
    handlers.scale = [this](std::uint32_t workers) {
        return supervisor_->scale(workers, change_deadline(options_.supervisor));
    };
    handlers.stop = [this] { request_stop(); };
    admin_ = std::make_unique<AdminServer>(options_.supervisor.run_dir + "/admin.sock",
                                           std::move(handlers));
}

/// Certificates and workers, whatever comes of either.
ReloadResult Gateway::reload() {
    const std::string fault = certificates_ == nullptr ? "" : certificates_->reload();
    ReloadResult result = supervisor_->reload(change_deadline(options_.supervisor));
    if (!fault.empty()) {
        result.message = fault + "; the old certificate stays in use.\nOf the workers: " +
                         (result.ok ? "reloaded, " : "not reloaded, ") + result.message;
        result.ok = false;
    }
    return result;
}

/// Null when no address speaks TLS.
json Gateway::tls_json() const {
    if (certificates_ == nullptr) {
        return nullptr;
    }
    const http::CertificateFacts facts = certificates_->current()->certificate();
    return {{"names", facts.names},
            {"not_before", http::utc_text(facts.not_before)},
            {"not_after", http::utc_text(facts.not_after)},
            {"complaint", facts.complaint(std::time(nullptr))},
            {"last_error", certificates_->last_error()}};
}

json Gateway::status_json() const {
    const SupervisorStatus status = supervisor_->status();
    const RelayStatus relay = relay_->status();
    std::unordered_map<std::string_view, const LinkStatus*> links;
    for (const auto& link : relay.workers) {
        links[link.identity] = &link;
    }
    json workers = json::array();
    for (const auto& worker : status.workers) {
        const auto found = links.find(worker.identity);
        workers.push_back(worker_json(worker, found == links.end() ? nullptr : found->second));
    }
    json listeners = json::array();
    for (const auto& listener : listeners_) {
        listeners.push_back(listener->url());
    }
    const bool stopping = phase_ != Phase::serving;
    const std::chrono::duration<double> uptime = proto::SteadyClock::now() - started_at_;
    return {{"state", stopping ? "stopping" : state_name(status.state)},
            {"pid", ::getpid()},
            {"generation", status.generation},
            {"uptime_s", uptime.count()},
            {"listen", address()},
            {"listeners", std::move(listeners)},
            {"tls", tls_json()},
            {"workers", std::move(workers)},
            {"queue",
             {{"depth", relay.queue_depth},
              {"bytes", relay.queue_bytes},
              {"limit", relay.queue_limit}}},
            {"bodies", {{"bytes", bodies_.used()}, {"limit", bodies_.limit()}}},
            {"answers", answers_json()},
            {"access_log", access_log_json()},
            {"refused", refused_json(relay.refused)},
            {"last_error", status.last_error}};
}

/// Answers that clients have not taken yet, of all loops.
json Gateway::answers_json() const {
    std::size_t bytes = 0;
    std::uint64_t dropped = 0;
    for (const auto& server : servers_) {
        bytes += server->unsent().bytes();
        dropped += server->unsent().dropped();
    }
    return {{"bytes", bytes}, {"limit", options_.http.max_answer_memory}, {"dropped", dropped}};
}

/// Lines of the access log; null when there is none.
json Gateway::access_log_json() const {
    if (access_log_ == nullptr) {
        return nullptr;
    }
    const access::Figures figures = access_log_->figures();
    return {{"written", figures.written}, {"lost", figures.lost}};
}

json Gateway::routes_json() const {
    json routes = json::array();
    for (const auto& route : router_.list()) {
        routes.push_back({{"methods", {route.method}},
                          {"pattern", route.pattern},
                          {"handler", "native"},
                          {"mode", route.mode == Mode::blocking ? "blocking" : "loop"}});
    }
    for (const auto& route : relay_->routes()) {
        routes.push_back({{"methods", route.methods},
                          {"pattern", route.pattern},
                          {"handler", route.name},
                          {"mode", proto::mode_name(route.mode)},
                          {"max_in_flight",
                           route.max_in_flight != 0 ? json(route.max_in_flight) : json(nullptr)}});
    }
    return {{"routes", std::move(routes)}};
}

void Gateway::log_start() const {
    const SupervisorOptions& workers = options_.supervisor;
    for (const auto& listener : listeners_) {
        spdlog::info("typhon {} listens on {}", TYPHON_VERSION, listener->url());
    }
    spdlog::info("application {}, interpreter {}", workers.app, workers.python);
    spdlog::info("{} worker(s) with {} threads each, {} event loop(s), run directory {}",
                 workers.workers,
                 workers.threads,
                 options_.io_threads,
                 workers.run_dir);
    for (const auto& route : router_.list()) {
        spdlog::info("{} {} -> native [{}]",
                     route.method,
                     route.pattern,
                     route.mode == Mode::blocking ? "blocking" : "loop");
    }
}

}  // namespace typhon
