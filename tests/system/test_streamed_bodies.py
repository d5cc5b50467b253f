"""Request bodies that come in pieces: how large they may be, who waits for whom, and how they end."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from harness.probe import Probe
from harness.raw import Connection
from harness.server import Server
from harness.starter import Starter
from harness.waiting import PATIENCE, wait_for

MEBI = 1 << 20
BLOCK = os.urandom(MEBI)
BOTH = pytest.mark.parametrize("kind", ["", "async/"], ids=["thread", "async"])
FRAMED = pytest.mark.parametrize("framing", ["length", "chunked"])


@pytest.fixture
def server(start: Starter) -> Server:
    """The application that reads bodies in pieces, in a copy of its own."""
    return start(start.app("uploads"))


def notes(server: Server) -> list[str]:
    """What its handlers wrote down."""
    path = Path(f"{server.app}.notes")
    return path.read_text().splitlines() if path.exists() else []


def go(server: Server) -> None:
    """Lets the slow handlers read on."""
    Path(f"{server.app}.go").touch()


def blocks(count: int) -> Iterator[bytes]:
    """So many MiB."""
    for _ in range(count):
        yield BLOCK


def digest_of(count: int) -> str:
    made = hashlib.blake2b()
    for block in blocks(count):
        made.update(block)
    return made.hexdigest()


def head(path: str, *fields: str) -> str:
    lines = "".join(f"{field}\r\n" for field in fields)
    return f"POST /python/{path} HTTP/1.1\r\nHost: test\r\n{lines}\r\n"


def begin(server: Server, path: str, *fields: str) -> Connection:
    """A connection that has sent the head of a request."""
    connection = Connection(server.port)
    connection.send(head(path, *fields))
    return connection


def resident(pid: int) -> int:
    """Bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096


class Peak:
    """The most memory that processes have used while this was entered, beyond what they had at first."""

    def __init__(self, *pids: int) -> None:
        self._before = {pid: resident(pid) for pid in pids}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.bytes = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.01):
            self.bytes = max(self.bytes, *(resident(pid) - before for pid, before in self._before.items()))


def sent_until_it_stops(connection: Connection) -> int:
    """Sends as long as somebody takes it; bytes."""
    sent = 0
    connection.socket.settimeout(0.5)
    with contextlib.suppress(TimeoutError):
        while True:
            sent += connection.socket.send(BLOCK)
    return sent


def in_flight(server: Server) -> int:
    return sum(worker["in_flight"] for worker in server.status()["workers"])


def upload_with_flat_memory(server: Server, path: str, framing: str, mebis: int) -> None:
    headers = {"Content-Length": str(mebis * MEBI)} if framing == "length" else {}
    server.client.post(path, content=blocks(4), headers={})  # what is allocated once, has been
    with Peak(server.pid, server.worker_pids()[0]) as peak:
        answer = server.client.post(path, content=blocks(mebis), headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["size"] == mebis * MEBI
    assert answer.json()["digest"] == digest_of(mebis)
    if PATIENCE == 1:  # a sanitizer keeps what has been freed
        assert peak.bytes < 8 * MEBI


@BOTH
@FRAMED
def test_large_body_arrives_whole_with_flat_memory(server: Server, kind: str, framing: str) -> None:
    upload_with_flat_memory(server, f"/python/{kind}sum", framing, 100)
    assert server.client.get("/python/hello").text == "hello"


@pytest.mark.long
@BOTH
@FRAMED
def test_gigabyte_arrives_whole_with_flat_memory(server: Server, kind: str, framing: str) -> None:
    upload_with_flat_memory(server, f"/python/{kind}sum", framing, 1024)


@BOTH
def test_uploads_of_other_loops_arrive_whole(start: Starter, kind: str) -> None:
    server = start(start.app("uploads"), io_threads=2, workers=2)
    expected = digest_of(10)
    threads = []
    got: list[Any] = []
    for _ in range(6):
        send = lambda: got.append(server.client.post(f"/python/{kind}sum", content=blocks(10)).json())  # noqa: E731
        threads.append(threading.Thread(target=send))
        threads[-1].start()
    for thread in threads:
        thread.join()
    assert [answer["digest"] for answer in got] == [expected] * 6


@BOTH
def test_small_bodies_travel_with_their_requests(server: Server, kind: str) -> None:
    for size in (0, 1, 1000, 65_536):
        answer = server.client.post(f"/python/{kind}sum", content=BLOCK[:size]).json()
        assert (answer["size"], answer["pieces"]) == (size, 1 if size else 0)
        assert answer["digest"] == hashlib.blake2b(BLOCK[:size]).hexdigest()


@BOTH
def test_chunks_of_every_size_arrive_and_the_connection_goes_on(server: Server, kind: str) -> None:
    with Connection(server.port) as connection:
        for sizes in ([], [1], [1, 2, 3], [70_000, 1, 300_000], [5] * 1000):
            connection.send(head(f"{kind}sum", "Transfer-Encoding: chunked"))
            for size in sizes:
                connection.send(b"%x\r\n%s\r\n" % (size, BLOCK[:size]))
            connection.send("0\r\nTrailer: 1\r\n\r\n" + head("hello", "Content-Length: 0"))
            made = hashlib.blake2b(b"".join(BLOCK[:size] for size in sizes)).hexdigest()
            assert connection.answer().json["digest"] == made
            assert connection.answer().body == b"hello"


@BOTH
def test_slow_handler_stops_the_client_and_memory_stays_flat(server: Server, kind: str) -> None:
    """While it does not read, the client can send no more than buffers hold."""
    pids = server.pid, server.worker_pids()[0]
    size = 64 * MEBI
    with begin(server, f"{kind}slow", f"Content-Length: {size}") as connection, Peak(*pids) as peak:
        connection.send(BLOCK)
        wait_for(lambda: notes(server) == ["begun"], "the handler has read a piece")
        with Probe(server.port, "/native/hello", "/python/hello") as probe:
            sent = MEBI + sent_until_it_stops(connection)
        assert probe.failures == []
        assert sent < 32 * MEBI  # the buffers of the kernel and one window
        go(server)
        connection.socket.settimeout(20 * PATIENCE)
        while sent < size:
            sent += connection.socket.send(BLOCK[: size - sent])
        assert connection.answer().json == {"size": size}
    if PATIENCE == 1:
        assert peak.bytes < 8 * MEBI


@BOTH
@FRAMED
def test_client_that_leaves_midway_ends_the_handler(server: Server, kind: str, framing: str) -> None:
    fields = {"length": f"Content-Length: {MEBI}", "chunked": "Transfer-Encoding: chunked"}
    with begin(server, f"{kind}tidy", fields[framing]) as connection:
        connection.send(b"%x\r\n" % 100_000 + bytes(100_000))
        wait_for(lambda: "begun" in notes(server), "the handler reads")
    wait_for(lambda: notes(server) == ["begun", "disconnected", "finally"], "its finally has run")
    wait_for(lambda: in_flight(server) == 0, "its slot is free")
    assert server.client.post(f"/python/{kind}tidy", content=BLOCK[:100_000]).json() == {"size": 100_000}


@BOTH
def test_bad_chunk_is_a_400_and_ends_the_handler(server: Server, kind: str) -> None:
    with begin(server, f"{kind}tidy", "Transfer-Encoding: chunked") as connection:
        connection.send(b"3\r\nabc\r\n")
        wait_for(lambda: "begun" in notes(server), "the handler reads")
        connection.send(b"x\r\n")
        assert connection.answer().status == 400
        assert connection.is_closed()
    wait_for(lambda: notes(server) == ["begun", "disconnected", "finally"], "its finally has run")


def test_length_beyond_a_limit_is_refused_before_the_handler(server: Server) -> None:
    for path, size in (("limited", 100_001), ("tidy", 17 * MEBI), ("hello", 17 * MEBI), ("none", 3 << 30)):
        with begin(server, path, f"Content-Length: {size}") as connection:
            assert connection.answer().status == 413, path
    assert notes(server) == []
    assert server.client.post("/python/limited", content=BLOCK[:99_999]).json() == {"size": 99_999}


@BOTH
def test_chunked_body_beyond_the_limit_is_a_late_413(server: Server, kind: str) -> None:
    answer = server.client.post(f"/python/{kind}tidy", content=blocks(17))
    assert answer.status_code == 413
    wait_for(lambda: notes(server) == ["begun", "disconnected", "finally"], "its finally has run")
    assert server.client.get("/python/hello").text == "hello"


def test_whole_body_that_is_too_large_for_its_route_is_a_413(start: Starter) -> None:
    server = start(start.app("uploads"))
    answer = server.client.post("/python/limited", content=BLOCK[:100_001])
    assert answer.status_code == 413


@BOTH
def test_handler_may_answer_without_reading(server: Server, kind: str) -> None:
    """A large rest ends the connection, and the client still sees its answer; a small one is dropped."""
    with begin(server, f"{kind}refuse", f"Content-Length: {8 * MEBI}") as connection:
        connection.send(BLOCK)
        answer = connection.answer()
        assert (answer.status, answer.headers["connection"]) == (403, "close")
    with Connection(server.port) as connection:
        connection.send(head(f"{kind}refuse", "Content-Length: 65537").encode() + BLOCK[:1000])
        answer = connection.answer()
        assert answer.status == 403
        assert "connection" not in answer.headers
        connection.send(BLOCK[:64_537] + head("hello", "Content-Length: 0").encode())
        assert connection.answer().body == b"hello"


@BOTH
def test_continue_is_said_when_the_handler_reads(server: Server, kind: str) -> None:
    fields = (f"Content-Length: {MEBI}", "Expect: 100-continue")
    with begin(server, f"{kind}sum", *fields) as connection:
        assert connection.answer().status == 100
        connection.send(BLOCK)
        assert connection.answer().json["size"] == MEBI
    with begin(server, f"{kind}refuse", *fields) as connection:
        assert connection.answer().status == 403  # and no 100 before it


@BOTH
def test_answer_may_begin_before_the_body_has_ended(server: Server, kind: str) -> None:
    with begin(server, f"{kind}echo", "Transfer-Encoding: chunked") as connection:
        connection.send(b"5\r\nfirst\r\n")
        received = b""
        while b"first" not in received:
            received += connection.socket.recv(4096)
        connection.send(b"6\r\nsecond\r\n")
        while b"second" not in received:
            received += connection.socket.recv(4096)
        connection.send(b"0\r\n\r\n")
        while not received.endswith(b"0\r\n\r\n"):
            received += connection.socket.recv(4096)
        connection.send(head("hello", "Content-Length: 0"))
        assert connection.answer().body == b"hello"


@BOTH
def test_whole_body_is_read_as_on_any_route(server: Server, kind: str) -> None:
    text = b'{"text": "' + b"x" * 200_000 + b'"}'
    for content in (text, iter([text])):
        answer = server.client.post(f"/python/{kind}whole", content=content).json()
        assert answer == {"json": {"text": "x" * 200_000}, "size": len(text), "again": text[:20].decode()}
    answer = server.client.post(f"/python/{kind}lines", content=blocks(1)).json()
    assert answer == {"sizes": [100_000] * 3, "rest": MEBI - 300_000}
    assert server.client.post(f"/python/{kind}whole", content=blocks(17)).status_code == 413


def test_coroutine_does_not_block_the_event_loop_for_a_body(server: Server) -> None:
    answer = server.client.post("/python/blocking/whole", content=blocks(1)).json()
    assert "await request.aread()" in answer["error"]


@BOTH
def test_upload_finishes_on_its_generation(server: Server, kind: str) -> None:
    with begin(server, f"{kind}slow", f"Content-Length: {2 * MEBI}") as connection:
        connection.send(BLOCK)
        wait_for(lambda: notes(server) == ["begun"], "the handler has read a piece")
        before = server.worker_pids()
        assert server.reload().returncode == 0
        assert server.worker_pids() != before
        go(server)
        connection.send(BLOCK)
        assert connection.answer().json == {"size": 2 * MEBI}


@pytest.mark.chaos
@BOTH
def test_death_of_the_worker_midway_is_a_502(start: Starter, kind: str) -> None:
    server = start(start.app("uploads"), workers=2)
    with begin(server, f"{kind}slow", f"Content-Length: {MEBI}") as connection:
        connection.send(BLOCK[:200_000])
        wait_for(lambda: notes(server) == ["begun"], "the handler has read a piece")
        busy = wait_for(
            lambda: [worker["pid"] for worker in server.status()["workers"] if worker["in_flight"]],
            "the status tells who is busy",
        )
        os.kill(busy[0], signal.SIGKILL)
        assert connection.answer().status == 502
    server.wait_ready(2)
    assert server.client.post(f"/python/{kind}sum", content=blocks(3)).json()["size"] == 3 * MEBI
    server.log.allow(r"worker \d+ (died|was killed|ended)")


@BOTH
def test_time_in_which_the_handler_does_not_read_is_not_the_clients(start: Starter, kind: str) -> None:
    server = start(start.app("uploads"), body_timeout="1s")
    with begin(server, f"{kind}slow", f"Content-Length: {2 * MEBI}") as connection:
        connection.send(BLOCK)
        wait_for(lambda: notes(server) == ["begun"], "the handler has read a piece")
        connection.socket.settimeout(1.5)
        with pytest.raises(TimeoutError):
            connection.socket.recv(1)  # no 408 meanwhile
        go(server)
        connection.socket.settimeout(20 * PATIENCE)
        connection.send(BLOCK)
        assert connection.answer().json == {"size": 2 * MEBI}


@BOTH
def test_client_that_stops_sending_is_a_408(start: Starter, kind: str) -> None:
    server = start(start.app("uploads"), body_timeout="1s")
    with begin(server, f"{kind}tidy", f"Content-Length: {2 * MEBI}") as connection:
        connection.send(BLOCK)
        assert connection.answer().status == 408
    wait_for(lambda: notes(server) == ["begun", "disconnected", "finally"], "its finally has run")


def test_client_that_resets_an_upload_leaves_nothing(server: Server) -> None:
    with begin(server, "tidy", f"Content-Length: {MEBI}") as connection:
        connection.send(BLOCK[:100_000])
        wait_for(lambda: "begun" in notes(server), "the handler reads")
        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    wait_for(lambda: "finally" in notes(server), "its finally has run")
    wait_for(lambda: in_flight(server) == 0, "its slot is free")
