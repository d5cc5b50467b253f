#include "gateway/memory.hpp"

#include <malloc.h>

namespace typhon {

void set_up_memory() noexcept {
    constexpr int kLargeBlock = 256 << 10;
    ::mallopt(M_MMAP_THRESHOLD, kLargeBlock);
}

}  // namespace typhon
