"""Slow clients: each gets its deadline, and nobody else waits for them."""

from __future__ import annotations

import contextlib

import pytest

from harness import processes
from harness.raw import Connection, exchange
from harness.slow import SlowClients, p99_ms
from harness.starter import Starter
from harness.waiting import wait_for

# A slow client that holds up the loop costs the others seconds; a busy machine costs them less than this.
SLACK_MS = 500.0

HEAD = b"GET /native/hello HTTP/1.1\r\nHost: x\r\nX-Slow: "
BODY = b"POST /python/mirror/x HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n"
CHUNKED = b"POST /python/mirror/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nea60\r\n"
LARGE = b"GET /python/large HTTP/1.1\r\nHost: x\r\n\r\n"
IDLE = b"GET /native/hello HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    ("count", "start_", "more", "receive", "ends_with"),
    [
        pytest.param(300, HEAD, b"a", None, b"HTTP/1.1 408 Request Timeout", id="slow head"),
        pytest.param(300, BODY, b"a", None, b"HTTP/1.1 408 Request Timeout", id="slow body"),
        pytest.param(300, CHUNKED, b"a", None, b"HTTP/1.1 408 Request Timeout", id="slow chunks"),
        pytest.param(20, LARGE, b"", 4096, b"HTTP/1.1 200 OK", id="slow reader"),
        pytest.param(400, IDLE, b"", None, b"HTTP/1.1 200 OK", id="idle flood"),
        pytest.param(400, b"", b"", None, b"", id="silent flood"),
    ],
)
def test_slow_clients_are_ended_in_time_and_harm_nobody(
    start: Starter, count: int, start_: bytes, more: bytes, receive: int | None, ends_with: bytes
) -> None:
    """The native p99 stays what it was, Python is served, and after their deadline all of them are gone."""
    limits = dict.fromkeys(("head_timeout", "body_timeout", "write_timeout", "idle_timeout"), "2s")
    server = start(start.app("mirror"), **limits)
    port = server.port
    before = processes.descriptors(server.pid)
    alone = p99_ms(port, "/native/hello")
    with SlowClients(port, count, start_, more, receive) as slow:
        wait_for(lambda: processes.descriptors(server.pid) >= before + count - 1, "all are connected")
        assert p99_ms(port, "/native/hello") <= alone + SLACK_MS
        assert exchange(port, "GET /python/executed HTTP/1.1\r\nHost: x\r\n\r\n").status == 200
        wait_for(lambda: processes.descriptors(server.pid) <= before, "all of them are gone", 30)
        assert set(slow.first_lines()) == {ends_with}


def test_one_address_cannot_take_every_connection(start: Starter) -> None:
    """--max-connections-per-address: 429 for one too many, over all loops."""
    server = start(max_connections_per_address=10, io_threads=2)
    with contextlib.ExitStack() as stack:
        for _ in range(10):
            connection = stack.enter_context(Connection(server.port))
            connection.send(IDLE)
            assert connection.answer().status == 200
        answer = exchange(server.port, IDLE)
        assert (answer.status, answer.headers["retry-after"]) == (429, "1")
    wait_for(lambda: exchange(server.port, IDLE).status == 200, "a place is free again")


def test_a_trickled_head_has_a_total_deadline(start: Starter) -> None:
    """Each byte does not buy more time."""
    server = start(head_timeout="1s")
    with Connection(server.port) as connection:
        connection.send(HEAD)

        def end() -> bool:
            connection.send("a")
            return bool(connection.pending())

        wait_for(end, "the refusal comes while bytes still arrive", 5)
        assert connection.answer().status == 408
