#include "proto/ledger.hpp"

#include <cerrno>
#include <cstddef>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/limits.hpp"

namespace typhon::proto {

namespace {

using Slot = std::atomic<std::uint64_t>;
static_assert(Slot::is_always_lock_free && sizeof(Slot) == sizeof(std::uint64_t));

constexpr std::size_t kLedgerBytes = kMaxInFlight * sizeof(Slot);
// Nobody may change the size: reading a slot behind the end of the file would be a SIGBUS.
constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

[[noreturn]] void fail(int fd, const char* what) {
    const int code = errno;
    if (fd >= 0) {
        ::close(fd);
    }
    throw std::system_error(code, std::generic_category(), what);
}

Slot* map(int fd) {
    void* memory = ::mmap(nullptr, kLedgerBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        fail(fd, "map the ledger");
    }
    return static_cast<Slot*>(memory);
}

}  // namespace

Ledger Ledger::create() {
    const int fd = ::memfd_create("typhon-ledger", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) {
        fail(fd, "create the ledger");
    }
    if (::ftruncate(fd, static_cast<off_t>(kLedgerBytes)) != 0) {
        fail(fd, "size the ledger");
    }
    if (::fcntl(fd, F_ADD_SEALS, kSeals) != 0) {
        fail(fd, "seal the ledger");
    }
    return {fd, map(fd)};
}

Ledger Ledger::attach(int fd) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) {
        fail(-1, "attach the ledger");
    }
    const int seals = ::fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & kSeals) != kSeals ||
        status.st_size != static_cast<off_t>(kLedgerBytes)) {
        errno = EINVAL;
        fail(fd, "attach the ledger: the descriptor is no ledger");
    }
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        fail(fd, "attach the ledger");
    }
    return {fd, map(fd)};
}

Ledger::Ledger(Ledger&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), slots_(std::exchange(other.slots_, nullptr)) {}

Ledger& Ledger::operator=(Ledger&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(slots_, other.slots_);
    return *this;
}

Ledger::~Ledger() {
    if (slots_ != nullptr) {
        ::munmap(slots_, kLedgerBytes);
    }
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

// A fresh slot holds 0, so 0 is no id.
bool Ledger::mark(std::uint32_t slot, std::uint64_t id) noexcept {
    if (slots_ == nullptr || slot >= kMaxInFlight || id == 0) {
        return false;
    }
    slots_[slot].store(id, std::memory_order_release);
    return true;
}

bool Ledger::started(std::uint32_t slot, std::uint64_t id) const noexcept {
    return slots_ != nullptr && slot < kMaxInFlight && id != 0 &&
           slots_[slot].load(std::memory_order_acquire) == id;
}

}  // namespace typhon::proto
