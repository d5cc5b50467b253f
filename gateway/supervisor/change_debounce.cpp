#include "gateway/supervisor/change_debounce.hpp"

#include <utility>

namespace typhon {

bool ChangeDebounce::look(std::uint64_t fingerprint, TimePoint now) noexcept {
    if (std::exchange(seen_, fingerprint) != fingerprint) {
        last_change_ = now;
        first_change_ = first_change_.value_or(now);
    }
    if (!first_change_ || (now - last_change_ < kQuiet && now - *first_change_ < kPatience)) {
        return false;
    }
    first_change_.reset();
    return std::exchange(settled_, seen_) != seen_;  // else they are again as they were
}

}  // namespace typhon
