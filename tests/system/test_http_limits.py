"""What has no end is refused, with the right status, and costs the gateway no memory."""

from __future__ import annotations

import contextlib
import gzip
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.raw import Connection
from harness.server import Server

HOST = b" HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /python/mirror/x" + HOST
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
UNWANTED = b"POST /nowhere" + HOST
UNWANTED_CHUNKS = UNWANTED + b"Transfer-Encoding: chunked\r\n\r\n"
LENGTH = b"Content-Length: 1000000000\r\n\r\n"
MOST_SENT = 8 << 20  # bytes of what has no end
MOST_MORE_KB = 6 << 10  # resident memory: buffers of reads, less than what was sent


def endless(start: bytes, piece: bytes) -> Callable[[], Iterator[bytes]]:
    """`start` and then `piece` for ever, sent 64 KiB at a time."""
    many = piece * (65536 // len(piece) + 1)
    return lambda: itertools.chain([start], itertools.repeat(many))


BOMB = gzip.compress(bytes(32 << 20))  # 32 MiB of zeros in less than the body limit


def gzip_bomb() -> Iterator[bytes]:
    yield POST + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB)
    yield BOMB


ENDLESS = {
    "method": (endless(b"", b"A"), 414),
    "target": (endless(b"GET /", b"a"), 414),
    "field name": (endless(b"GET /" + HOST, b"a"), 431),
    "field value": (endless(b"GET /" + HOST + b"X-A: ", b"a"), 431),
    "fields": (endless(b"GET /" + HOST, b"X-A: 1\r\n"), 431),
    "fields without a value": (endless(b"GET /" + HOST, b"a:\r\n"), 431),
    "empty lines": (endless(b"", b"\r\n"), 400),
    "chunks": (endless(CHUNKED, b"400\r\n" + b"a" * 1024 + b"\r\n"), 413),
    "chunks of one byte": (endless(CHUNKED, b"1\r\na\r\n"), 413),
    "chunks of one byte, sizes with zeros": (endless(CHUNKED, b"0000000000000001\r\na\r\n"), 413),
    "chunk size": (endless(CHUNKED, b"0"), 400),
    "chunk extension": (endless(CHUNKED + b"1;", b"a"), 400),
    "chunk extensions": (endless(CHUNKED, b"1;a=b;c=d\r\nx\r\n"), 400),
    "trailer field": (endless(CHUNKED + b"0\r\nX-A: ", b"a"), 431),
    "trailer fields": (endless(CHUNKED + b"0\r\n", b"X-A: 1\r\n"), 431),
    "announced body": (endless(POST + LENGTH, b"a"), 413),
    "body that nobody wants": (endless(UNWANTED + LENGTH, b"a"), 413),
    "chunks that nobody wants": (endless(UNWANTED_CHUNKS, b"1\r\na\r\n"), 404),
    "gzip bomb": (gzip_bomb, 415),
}  # fmt: skip


@pytest.mark.parametrize("what", ENDLESS)
def test_what_has_no_end_is_refused_and_costs_no_memory(mirror: Server, what: str) -> None:
    """From eight connections at once, each sends until the gateway does not take more, or 8 MiB."""
    pieces, status = ENDLESS[what]
    before = peak_kb(mirror.pid, reset=True)
    connections = [Connection(mirror.port) for _ in range(8)]
    with contextlib.ExitStack() as stack:
        for connection in connections:
            stack.enter_context(connection)
        for connection in connections:
            send_all(connection, pieces())
        for connection in connections:
            answer = connection.answer()
            assert answer.status == status
            assert set(answer.json) == {"error", "request_id"}
    assert peak_kb(mirror.pid) - before < MOST_MORE_KB


def send_all(connection: Connection, pieces: Iterator[bytes]) -> None:
    """Until the gateway has answered or closed, or MOST_SENT bytes."""
    sent = 0
    with contextlib.suppress(ConnectionError):
        for piece in pieces:
            connection.send(piece)
            sent += len(piece)
            if sent > MOST_SENT or connection.pending():
                return


def peak_kb(pid: int, reset: bool = False) -> int:
    """The largest resident memory of a process since the last reset; what it has now at a reset."""
    if reset:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM"))
    return int(line.split()[1])
