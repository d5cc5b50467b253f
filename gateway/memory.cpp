#include "gateway/memory.hpp"

#include <malloc.h>

namespace typhon {

void set_up_memory() noexcept {
    constexpr int kLargeBlock = 256 << 10;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): called before there are threads
    ::mallopt(M_MMAP_THRESHOLD, kLargeBlock);
}

}  // namespace typhon
