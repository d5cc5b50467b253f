"""Request bodies that come in pieces: how large they may be, and who waits for whom."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from pathlib import Path
from typing import Any, Self

import pytest

from harness.bodies import BLOCK, BOTH, FRAMED, MEBI, begin, blocks, go, head
from harness.probe import Probe
from harness.raw import Connection
from harness.server import Server
from harness.starter import Starter
from harness.waiting import PATIENCE, wait_for

APPLICATION = "uploads"


def digest_of(count: int) -> str:
    made = hashlib.blake2b()
    for block in blocks(count):
        made.update(block)
    return made.hexdigest()


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
        wait_for(lambda: server.notes() == ["begun"], "the handler has read a piece")
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
