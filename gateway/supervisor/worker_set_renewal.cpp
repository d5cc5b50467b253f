// One worker is replaced by a successor and serves until that is ready: because a handler in it
// hangs, a signal has asked it to end, or it has reached a limit. All else of the set is in
// worker_set.cpp.
#include <algorithm>

#include <spdlog/spdlog.h>

#include "gateway/supervisor/worker_set.hpp"

namespace typhon {

void WorkerSet::wear(Worker& worker, Renewal why) {
    worker.renewal = std::max(worker.renewal, why);
    handle(worker, WorkerEvent::worn);
}

void WorkerSet::renew(const Worker& worker) {
    if (swap_ && swap_->gives_way() && worker.renewal != Renewal::limit) {
        if (swap_->slot == worker.slot) {
            swap_->why = worker.renewal;  // its successor is on its way
        } else {
            cancel_renewal();
        }
    }
    begin_next_change();
}

/// Of the most urgent one. False when there is no ready worker to renew. A stop that has begun
/// needs all threads that there are, and nothing else new.
bool WorkerSet::begin_renewal() {
    const auto first =
        std::max_element(current_.begin(), current_.end(), [](const auto& left, const auto& right) {
            return left->wanted_renewal() < right->wanted_renewal();
        });
    const Renewal least = refusing_ ? Renewal::stuck : Renewal::limit;
    if (first == current_.end() || (*first)->wanted_renewal() < least) {
        return false;
    }
    const Worker& worn = **first;
    spdlog::info("starting a successor of worker {}", worn.process->pid());
    begin_swap(Kind::renew, generation_, worn.slot, worn.slot + 1);
    return true;
}

/// The successor takes the slot over; whatever became of the other one meanwhile, it leaves.
void WorkerSet::commit_renewal(GenerationSwap& swap) {
    std::unique_ptr<Worker>& successor = swap.incoming.front();
    std::unique_ptr<Worker>& place = current_.at(successor->slot);
    successor->take_counts(*place);
    if (swap.why == Renewal::limit) {
        ++successor->recycled;
        successor->recycling = place->recycling;
        const auto served = place->process ? place->process->served_for() : Milliseconds{0};
        const auto wait = successor->recycling.after_success(served, random());
        successor->renew_from = proto::Deadline::after(wait);
    } else {
        ++successor->restarts;
    }
    std::swap(place, successor);
    clear_error();  // the application starts
    serve_ready();
    retire_all(swap.incoming);
}

void WorkerSet::abort_renewal(const GenerationSwap& swap, const std::string& reason) {
    Worker& old = *current_.at(swap.slot);
    const auto wait = old.recycling.after_failure(random());
    old.renewal = Renewal::none;  // until it is said again
    old.renew_from = proto::Deadline::after(wait);
    const std::string who = old.process ? std::to_string(old.process->pid()) : "-";
    set_error(ErrorOf::change, "worker " + who + " could not be replaced:\n" + reason);
    spdlog::error("worker {} cannot be replaced and serves on; next try not before {} ms:\n{}",
                  who,
                  wait.count(),
                  reason);
}

/// For a change that cannot wait.
void WorkerSet::cancel_renewal() {
    GenerationSwap swap = std::move(*swap_);
    swap_.reset();
    spdlog::info("the recycling of a worker gives way to a change that cannot wait");
    current_.at(swap.slot)->renewal = Renewal::none;
    retire_all(swap.incoming);
}

}  // namespace typhon
