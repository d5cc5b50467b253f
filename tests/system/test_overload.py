"""More work than there is room: what is refused, what waits, and what never notices."""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from harness.chaos import Rows
from harness.load import Load
from harness.probe import Probe
from harness.raw import Connection
from harness.server import Server
from harness.starter import Starter
from harness.uploads import upload
from harness.waiting import wait_for

MEBI = 1 << 20
HOLD = "/python/hold?key=upload"
NATIVE = ("/native/hello", "/-/healthy")


def lines(server: Server) -> list[str]:
    """What the handlers of the overload application wrote down."""
    path = Path(f"{server.app}.executions")
    return path.read_text().splitlines() if path.exists() else []


def release(server: Server) -> None:
    """Lets the handlers that hold go on."""
    Path(f"{server.app}.release").touch()


def running(server: Server) -> int:
    """How many of them have begun and not ended."""
    words = [line.split()[0] for line in lines(server)]
    return words.count("begin") - words.count("end")


def queued(server: Server) -> int:
    """How many requests wait in the gateway."""
    depth: int = server.status()["queue"]["depth"]
    return depth


def memory(server: Server, name: str) -> int:
    """A figure of the gateway's /proc/PID/status, in bytes."""
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path(f"/proc/{server.pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


@pytest.mark.chaos
@pytest.mark.parametrize(
    ("limits", "body", "room"),
    [({"queue": 4}, b"{}", 4), ({"queue_bytes": "100K"}, b" " * 30_000, 3)],
    ids=["requests", "bytes"],
)
def test_what_the_queue_has_no_room_for_is_a_503_at_once(
    start: Starter, limits: dict[str, object], body: bytes, room: int
) -> None:
    server = start(start.app("overload"), threads=1, **limits)
    with (
        Load(server.port, "/python/hold", threads=1 + room, each=1, body=body) as load,
        Probe(server.port, *NATIVE) as probe,
    ):
        wait_for(lambda: running(server) == 1 and queued(server) == room, "the queue is full")
        times = []
        for _ in range(20):
            started = time.monotonic()
            answer = server.client.post("/python/hold?key=refused", content=body)
            times.append(time.monotonic() - started)
            assert (answer.status_code, answer.json()["error"]) == (503, "too many requests wait")
            assert int(answer.headers["retry-after"]) >= 1
        assert sorted(times)[10] < 0.1
        wait_for(lambda: probe.answers > 10, "native routes answer")
        release(server)
    assert load.results() == {200: 1 + room}
    assert "begin refused" not in lines(server)
    assert probe.failures == []


@pytest.mark.chaos
def test_a_route_runs_at_most_as_often_as_its_limit_says(start: Starter) -> None:
    """Over two workers with eight threads; what is above waits, another route is not delayed."""
    server = start(start.app("overload"), workers=2, threads=4)
    with Load(server.port, "/python/limited", threads=8, each=1) as load:
        wait_for(lambda: running(server) == 2 and queued(server) == 6, "two run and six wait")
        started = time.monotonic()
        for _ in range(50):
            assert server.client.post("/python/quick", content=b"x").status_code == 200
        assert time.monotonic() - started < 5
        assert running(server) == 2
        release(server)
    assert load.results() == {200: 8}
    depth = 0
    for line in lines(server):
        depth += 1 if line.startswith("begin") else -1
        assert depth <= 2, "more ran at once than the limit allows"
    assert "max_in_flight" not in server.log


def test_a_route_at_its_limit_fills_the_queue_and_then_is_a_503(start: Starter) -> None:
    server = start(start.app("overload"), threads=4, queue=2)
    with Load(server.port, "/python/limited", threads=4, each=1) as load:
        wait_for(lambda: running(server) == 2 and queued(server) == 2, "two run and two wait")
        assert server.client.post("/python/limited?key=refused").status_code == 503
        assert server.client.post("/python/quick").status_code == 200
        release(server)
    assert load.results() == {200: 4}


def test_the_limit_is_shown_by_typhon_routes(start: Starter) -> None:
    server = start(start.app("overload"))
    table = server.command("routes").stdout
    assert re.search(r"^METHODS +PATH +HANDLER +MODE +MAX IN FLIGHT$", table, re.MULTILINE)
    assert re.search(r"^POST +/python/limited +overload.limited +thread +2$", table, re.MULTILINE)
    assert re.search(r"^POST +/python/hold +overload.hold +thread +-$", table, re.MULTILINE)


@pytest.mark.chaos
def test_a_request_that_expires_in_the_queue_never_starts(start: Starter) -> None:
    server = start(start.app("overload"), threads=1)
    with Load(server.port, "/python/hold", threads=1, each=1):
        wait_for(lambda: running(server) == 1, "the only thread is held")
        started = time.monotonic()
        with Load(server.port, "/python/brief", threads=8, each=1) as brief:
            pass
        assert 0.45 < time.monotonic() - started < 1.5
        assert brief.results() == {504: 8}
        release(server)
    assert server.client.post("/python/brief?key=later").status_code == 200
    assert [line for line in lines(server) if not line.endswith("0-0")] == ["begin later"]


@pytest.mark.chaos
@pytest.mark.parametrize("io_threads", [1, 2])
def test_clients_that_leave_free_their_places_in_the_queue(start: Starter, io_threads: int) -> None:
    server = start(start.app("overload"), threads=1, queue=8, io_threads=io_threads)
    with Load(server.port, "/python/hold", threads=1, each=1):
        wait_for(lambda: running(server) == 1, "the only thread is held")
        leavers = [_ask(server, "/python/hold", f"left{number}") for number in range(8)]
        wait_for(lambda: queued(server) == 8, "the queue is full")
        for connection in leavers:
            _reset(connection)
        wait_for(lambda: queued(server) == 0, "the queue is empty", 5)
        release(server)
    assert server.client.post("/python/hold?key=later").status_code == 200
    assert not [line for line in lines(server) if "left" in line]


@pytest.mark.chaos
def test_clients_that_leave_end_their_coroutines(start: Starter) -> None:
    server = start(start.app("overload"))
    leavers = [_ask(server, "/python/async/hold", f"left{number}") for number in range(20)]
    wait_for(lambda: running(server) == 20, "all run")
    for connection in leavers:
        _reset(connection)
    wait_for(lambda: running(server) == 0, "all are cancelled", 5)
    wait_for(lambda: server.status()["workers"][0]["in_flight"] == 0, "no slot is held", 5)


def _ask(server: Server, path: str, key: str) -> Connection:
    connection = Connection(server.port)
    connection.send(f"POST {path}?key={key} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
    return connection


def _reset(connection: Connection) -> None:
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.socket.close()


def _uploads_stay_in_bounds(
    server: Server, clients: int, size: int, budget: int, largest: int = 16 * MEBI
) -> str:
    """Every client has an answer, memory stays below what docs/operations.md promises, and falls again."""
    before = memory(server, "VmRSS")
    with Probe(server.port, *NATIVE) as probe:
        uploads = upload(server.port, "/python/quick", clients, size)
    peak = memory(server, "VmHWM")
    assert set(uploads.results) <= {200, 503}, uploads
    assert uploads.results[200] > 0
    assert uploads.retry_after
    assert uploads.results[200] * size > budget, "less was sent than there is room for"
    # Less than is promised: answers are small here, and 64 MiB are left of the room for them.
    assert peak < 2 * budget + 4 * largest + clients * 20_000 + 128 * MEBI, f"{peak / MEBI:.0f} MiB"
    assert probe.failures == []
    assert probe.answers >= len(NATIVE)
    wait_for(lambda: server.status()["bodies"]["bytes"] == 0, "all memory is given back")
    wait_for(lambda: memory(server, "VmRSS") < before + 48 * MEBI, "memory falls again", 10)
    after = memory(server, "VmRSS")
    return (
        f"{dict(uploads.results)}, gateway {before / MEBI:.0f} MiB, at most {peak / MEBI:.0f}, "
        f"then {after / MEBI:.0f}; native at most {probe.slowest_s * 1000:.0f} ms"
    )


@pytest.mark.chaos
@pytest.mark.parametrize("io_threads", [1, 2])
def test_many_large_bodies_take_no_more_memory_than_they_may(
    start: Starter, chaos_row: Rows, io_threads: int
) -> None:
    """240 MiB through 16 MiB."""
    server = start(start.app("overload"), max_body="2M", max_body_memory="16M", io_threads=io_threads)
    outcome = _uploads_stay_in_bounds(server, 120, 2 * MEBI, 16 * MEBI, largest=2 * MEBI)
    chaos_row.record(f"120 clients with 2 MiB each, 16 MiB for bodies, {io_threads} loop(s)", outcome)


@pytest.mark.chaos
def test_bodies_hold_their_memory_until_they_are_answered(start: Starter, chaos_row: Rows) -> None:
    """Two handlers hold, the queue has room for all: seven bodies fit, the others wait and are a 503."""
    server = start(
        start.app("overload"),
        max_body="2M",
        max_body_memory="16M",
        threads=2,
        queue_bytes="1G",
        body_timeout="5s",
    )
    threads = [
        threading.Thread(target=lambda: results.append(upload(server.port, HOLD, 1, 2 * MEBI).results))
        for _ in range(20)
    ]
    results: list[Counter[int | str]] = []
    for thread in threads:
        thread.start()
    wait_for(lambda: len(results) == 13, "those without room are answered")
    assert server.status()["bodies"]["bytes"] == 7 * 2 * MEBI
    release(server)
    for thread in threads:
        thread.join(20)
    total = sum(results, Counter())
    assert total == {200: 7, 503: 13}
    chaos_row.record("20 bodies of 2 MiB held by their handlers, 16 MiB for bodies", f"{dict(total)}")


@pytest.mark.chaos
@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_thousand_clients_with_ten_megabytes_each(start: Starter, chaos_row: Rows) -> None:
    server = start(start.app("overload"), workers=2)
    outcome = _uploads_stay_in_bounds(server, 1000, 10_000_000, 256 * MEBI)
    chaos_row.record("1,000 clients with 10 MB each", outcome)
