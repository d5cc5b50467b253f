// Shared memory in which a worker records which requests it has started (DESIGN 4).
//
// The gateway makes one ledger for each worker start and chooses a free slot for each request that
// it dispatches. The worker writes the request's id into that slot just before the handler starts,
// and never clears it. The gateway reuses a slot only after the reply has arrived. So, when the
// worker dies, for each request that was dispatched and not answered: slot == id means started
// (answer 502, never run again); anything else means not started (back to the queue). There is no
// window between the end of a handler and the arrival of its reply, as there would be if the worker
// cleared the slot. Slots are lock-free atomics; mark() and started() may be called from any
// thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace typhon::proto {

class Ledger {
public:
    /// Gateway: a new memfd (close-on-exec) of kMaxInFlight slots. Throws std::system_error.
    [[nodiscard]] static Ledger create();

    /// Worker: maps the inherited descriptor and takes ownership of it. Throws std::system_error
    /// when it is no ledger; the descriptor is closed then, too.
    [[nodiscard]] static Ledger attach(int fd);

    Ledger(Ledger&& other) noexcept;
    Ledger& operator=(Ledger&& other) noexcept;
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;
    ~Ledger();

    [[nodiscard]] int fd() const noexcept { return fd_; }

    /// Worker: the handler of request `id` starts now. A slot out of range is ignored and false;
    /// so is the id 0, which is what a fresh slot holds.
    bool mark(std::uint32_t slot, std::uint64_t id) noexcept;

    /// Gateway: has the request started?
    [[nodiscard]] bool started(std::uint32_t slot, std::uint64_t id) const noexcept;

private:
    Ledger(int fd, std::atomic<std::uint64_t>* slots) noexcept : fd_(fd), slots_(slots) {}

    int fd_ = -1;
    std::atomic<std::uint64_t>* slots_ = nullptr;
};

}  // namespace typhon::proto
