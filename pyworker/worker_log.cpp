#include "pyworker/worker_log.hpp"

#include <string>

#include <spdlog/spdlog.h>

#include "proto/mode_name.hpp"

namespace typhon::worker {

namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text.append(text.empty() ? "" : ", ").append(word);
    }
    return text;
}

}  // namespace

void log_start(const proto::Ready& ready, bool with_routes) {
    if (with_routes) {
        for (const proto::RouteInfo& route : ready.routes) {
            spdlog::info("{} {} -> {} [{}]",
                         joined(route.methods),
                         route.pattern,
                         route.name,
                         proto::mode_name(route.mode));
        }
    }
    spdlog::info("ready in {} ms: Python {} ({}), {} routes, {} threads, {} pool processes",
                 ready.start_ms,
                 ready.python,
                 ready.interpreter,
                 ready.routes.size(),
                 ready.threads,
                 ready.pool_workers);
}

}  // namespace typhon::worker
