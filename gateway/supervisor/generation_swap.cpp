#include "gateway/supervisor/generation_swap.hpp"

#include <algorithm>

namespace typhon {

bool GenerationSwap::holds(const Worker& worker) const noexcept {
    return std::any_of(incoming.begin(), incoming.end(), [&worker](const auto& candidate) {
        return candidate.get() == &worker;
    });
}

bool GenerationSwap::all_ready() const noexcept {
    return std::all_of(incoming.begin(), incoming.end(), [](const auto& candidate) {
        return candidate->is_ready();
    });
}

Milliseconds GenerationSwap::age() const noexcept {
    return std::chrono::duration_cast<Milliseconds>(proto::SteadyClock::now() - started_at);
}

void tell(const std::vector<ReloadWaiter>& waiters, const ReloadResult& result) {
    for (const ReloadWaiter& waiter : waiters) {
        waiter(result);
    }
}

}  // namespace typhon
