#include "proto/ledger.hpp"

#include <system_error>
#include <utility>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/limits.hpp"

using namespace typhon::proto;

namespace {

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) != -1;
}

}  // namespace

TEST_CASE("Ledger: a fresh one says that nothing has started") {
    const Ledger ledger = Ledger::create();
    for (std::uint32_t slot = 0; slot < kMaxInFlight; ++slot) {
        REQUIRE_FALSE(ledger.started(slot, 1));
        REQUIRE_FALSE(ledger.started(slot, 0));
    }
}

TEST_CASE("Ledger: what one side marks the other sees, and only that") {
    const Ledger gateway = Ledger::create();
    Ledger worker = Ledger::attach(::dup(gateway.fd()));
    CHECK(worker.mark(3, 77));
    CHECK(gateway.started(3, 77));
    CHECK_FALSE(gateway.started(3, 78));
    CHECK_FALSE(gateway.started(2, 77));
    CHECK(worker.mark(3, 78));
    CHECK_FALSE(gateway.started(3, 77));
    CHECK(gateway.started(3, 78));
}

TEST_CASE("Ledger: slots out of range and the id 0 are refused") {
    Ledger ledger = Ledger::create();
    CHECK(ledger.mark(kMaxInFlight - 1, 5));
    CHECK(ledger.started(kMaxInFlight - 1, 5));
    CHECK_FALSE(ledger.mark(kMaxInFlight, 5));
    CHECK_FALSE(ledger.mark(UINT32_MAX, 5));
    CHECK_FALSE(ledger.started(kMaxInFlight, 5));
    CHECK_FALSE(ledger.mark(0, 0));
}

TEST_CASE("Ledger: a mark outlives the process that made it") {
    const Ledger gateway = Ledger::create();
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        Ledger worker = Ledger::attach(::dup(gateway.fd()));
        ::_exit(worker.mark(9, 1234) ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(gateway.started(9, 1234));
}

TEST_CASE("Ledger: the descriptor is close-on-exec on both sides and closed at the end") {
    int gateway_fd = -1;
    int worker_fd = -1;
    {
        const Ledger gateway = Ledger::create();
        const Ledger worker = Ledger::attach(::dup(gateway.fd()));
        gateway_fd = gateway.fd();
        worker_fd = worker.fd();
        CHECK((::fcntl(gateway_fd, F_GETFD) & FD_CLOEXEC) != 0);
        CHECK((::fcntl(worker_fd, F_GETFD) & FD_CLOEXEC) != 0);
    }
    CHECK_FALSE(is_open(gateway_fd));
    CHECK_FALSE(is_open(worker_fd));
}

TEST_CASE("Ledger: a worker cannot change the size under the gateway") {
    const Ledger ledger = Ledger::create();
    CHECK(::ftruncate(ledger.fd(), 0) == -1);
    CHECK(::ftruncate(ledger.fd(), 1 << 20) == -1);
}

TEST_CASE("Ledger: a descriptor that is no ledger is refused and closed") {
    const int other = ::memfd_create("other", MFD_CLOEXEC);
    REQUIRE(::ftruncate(other, off_t{kMaxInFlight} * 8) == 0);
    CHECK_THROWS_AS((void)Ledger::attach(other), std::system_error);
    CHECK_FALSE(is_open(other));
    const int null_device = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    CHECK_THROWS_AS((void)Ledger::attach(null_device), std::system_error);
    CHECK_THROWS_AS((void)Ledger::attach(-1), std::system_error);
}

TEST_CASE("Ledger: moving hands the mapping over once") {
    Ledger first = Ledger::create();
    REQUIRE(first.mark(1, 10));
    const int fd = first.fd();
    Ledger second = std::move(first);
    CHECK(second.fd() == fd);
    CHECK(second.started(1, 10));
    Ledger third = Ledger::create();
    third = std::move(second);
    CHECK(third.started(1, 10));
    CHECK(is_open(fd));
}
