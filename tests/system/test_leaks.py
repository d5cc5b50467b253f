"""Thousands of requests of every kind leave descriptors, threads and memory as they were."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import processes
from harness.chaos import Rows
from harness.raw import Connection
from harness.server import Server
from harness.starter import Starter
from harness.waiting import LONG_S, wait_for

pytestmark = pytest.mark.chaos

CLIENTS = 8
BODY = b'{"text": "' + b"x" * 300_000 + b'"}'
MIB = 1 << 20


def request(method: str, target: str, body: bytes = b"") -> bytes:
    """A request as bytes."""
    fields = f"Host: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{method} {target} HTTP/1.1\r\n{fields}\r\n".encode() + body


KINDS: dict[str, tuple[bytes, int]] = {
    "native": (request("GET", "/native/hello"), 200),
    "blocking": (request("GET", "/native/slow?duration=0"), 200),
    "streamed": (request("GET", "/native/stream"), 200),
    "sync": (request("GET", "/python/hello"), 200),
    "async": (request("GET", "/python/async/hello"), 200),
    "pool": (request("GET", "/python/pool/squares?numbers=1,2,3"), 200),
    "not found": (request("GET", "/python/none"), 404),
    "not allowed": (request("DELETE", "/python/hello"), 405),
    "large to native": (request("POST", "/native/echo", BODY), 200),
    "large to Python": (request("POST", "/python/echo", BODY), 200),
    "raises": (request("POST", "/python/process", b"{"), 400),
}
NO_HOST = b"GET / HTTP/1.1\r\n\r\n"
LEAVING = request("GET", "/python/async/sleep?duration=0.05")


def send_all(port: int, rounds: int) -> None:
    """So many of each kind on one connection, and of those that end their connection."""
    with Connection(port) as connection:
        for _ in range(rounds):
            for kind, (data, status) in KINDS.items():
                connection.send(data)
                assert connection.answer().status == status, kind
            bad(port)
            leave(port)


def bad(port: int) -> None:
    """A request that is none: 400, and the connection closes."""
    with Connection(port) as connection:
        connection.send(NO_HOST)
        assert connection.answer().status == 400


def leave(port: int) -> None:
    """A client that resets its connection instead of waiting for the answer."""
    with Connection(port) as connection:
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.send(LEAVING)


@dataclass(frozen=True)
class Use:
    """What one process uses."""

    descriptors: int
    threads: int
    resident: int


def use_of(pid: int) -> Use:
    """Now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
    return Use(processes.descriptors(pid), threads, pages * 4096)


def in_threads(work: Callable[[], None]) -> None:
    """Does it in several threads at once; the first failure fails the test."""
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, daemon=True) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG_S * 5)
        assert not thread.is_alive()
    if failures:
        raise failures[0]


def settled(server: Server, pids: list[int], most: dict[int, int]) -> dict[int, Use]:
    """What the processes use when no request is under way."""
    server.close_client()
    wait_for(
        lambda: all(processes.descriptors(pid) <= most.get(pid, 1 << 20) for pid in pids),
        "connections are closed",
        10,
    )
    wait_for(lambda: all(w["in_flight"] == 0 for w in server.status()["workers"]), "no request is under way")
    return {pid: use_of(pid) for pid in pids}


def check_flat(samples: list[Use], room: int) -> int:
    """No descriptor and no thread more than at first; the least memory of the second half is about that of
    the first, up to ``room`` bytes: what varies is what a moment holds. How many bytes it has grown."""
    half = len(samples) // 2
    assert samples[-1].threads <= samples[0].threads
    assert samples[-1].descriptors <= samples[0].descriptors
    first, second = (min(use.resident for use in part) for part in (samples[:half], samples[half:]))
    assert second <= first + room, samples
    return second - first


@pytest.mark.parametrize(
    ("requests", "room"),
    [(1_500, 8 * MIB), pytest.param(10_000, MIB, marks=[pytest.mark.long, pytest.mark.timeout(900)])],
)
def test_requests_of_every_kind_leave_nothing(
    start: Starter, requests: int, room: int, chaos_row: Rows
) -> None:
    """After the first third nothing grows any more in gateway, workers and pool. (With few requests the
    memory that bodies of 300 kB need at a time has not been reached by then.)"""
    server = start(workers=2, pool_workers=2, blocking_threads=2)
    before = processes.descriptors(server.pid)
    pool = [pid for worker in server.status()["workers"] for pid in worker["pool_pids"]]
    pids = [server.pid, *server.worker_pids(), *pool]
    rounds = requests // (len(KINDS) + 2) // CLIENTS // 9 + 1
    in_threads(lambda: send_all(server.port, 3 * rounds))
    samples = [settled(server, pids, {server.pid: before})]
    most = {pid: use.descriptors for pid, use in samples[0].items()}
    for _ in range(6):
        in_threads(lambda: send_all(server.port, rounds))
        samples.append(settled(server, pids, most))
    grown = max(check_flat([sample[pid] for sample in samples], room) for pid in pids)
    assert server.worker_pids() == pids[1:3]
    outcome = f"no descriptor, no thread, {max(grown, 0) // 1024} KiB more"
    chaos_row.record(f"{requests} requests of every kind", outcome)
