// How the process uses the C library's allocator.
#pragma once

namespace typhon {

/// Has blocks of the size of a body given back to the kernel when they are freed. Without it the
/// C library moves its own bound up to the largest block that was freed, keeps such blocks in its
/// heap, and the process stays as large as its busiest minute (mallopt(3), M_MMAP_THRESHOLD).
/// Before threads start.
void set_up_memory() noexcept;

}  // namespace typhon
