// Recycling: a worker that has reached a limit is replaced by a fresh one, one worker at a time.
// How it is replaced is in worker_set_renewal.cpp.
#include <algorithm>
#include <numeric>

#include <spdlog/spdlog.h>

#include "gateway/supervisor/worker_set.hpp"

namespace typhon {

namespace {

/// How often the set looks what its workers have used.
constexpr Milliseconds kLookInterval{1'000};

const LinkStatus* find_link(const RelayStatus& relay, const std::string& identity) {
    const auto found =
        std::find_if(relay.workers.begin(), relay.workers.end(), [&identity](const auto& link) {
            return link.identity == identity;
        });
    return found == relay.workers.end() ? nullptr : &*found;
}

WorkerUse use_of(const Worker& worker, const RelayStatus& relay, bool with_memory) {
    WorkerUse use{0, 0, worker.process->age()};
    const LinkStatus* link = find_link(relay, worker.process->identity());
    if (link == nullptr) {
        return use;
    }
    use.served = link->served;
    if (with_memory) {
        use.rss_bytes =
            resident_bytes(worker.process->pid()) + resident_bytes(link->last_pong.pool_pids);
    }
    return use;
}

}  // namespace

void WorkerSet::start_recycling() {
    const RecycleLimits limits{
        options_.max_requests, options_.max_worker_rss, options_.max_worker_age};
    if (limits.any()) {
        recycle_look_ = proto::Deadline::after(kLookInterval);
    }
}

/// The oldest of the workers that have reached a limit is recycled, unless anything else goes on
/// in the set: so at most one is, and its predecessor has left.
void WorkerSet::look_for_recycling() {
    recycle_look_ = proto::Deadline::after(kLookInterval);
    if (refusing_ || swap_ || watch_.armed() || !leaving_.empty()) {
        return;
    }
    const RelayStatus relay = control_.status();
    Worker* chosen = nullptr;
    std::string why;
    for (const auto& worker : current_) {
        if (!worker->may_renew()) {
            continue;
        }
        const RecycleLimits limits{
            worker->max_requests, options_.max_worker_rss, options_.max_worker_age};
        const WorkerUse use = use_of(*worker, relay, limits.rss_bytes != 0);
        const RecycleReason reason = recycle_reason(use, limits);
        if (reason != RecycleReason::none &&
            (chosen == nullptr || worker->process->age() > chosen->process->age())) {
            chosen = worker.get();
            why = describe(reason, use);
        }
    }
    if (chosen != nullptr) {
        spdlog::info("recycling worker {}: {}", chosen->process->pid(), why);
        wear(*chosen, Renewal::limit);
    }
}

}  // namespace typhon
