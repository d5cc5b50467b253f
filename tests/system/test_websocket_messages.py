"""Messages and frames of WebSockets: what RFC 6455 forbids and allows, sizes, and who waits for whom."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import pytest

from harness.server import Server
from harness.starter import Starter
from harness.tls import make_pair
from harness.waiting import wait_for
from harness.websocket import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    WAIT_S,
    Frame,
    RawWebSocket,
    close_payload,
    connect,
    frame,
)

APPLICATION = "websockets"


# name -> what is sent, and the code that the server closes with; the groups of the Autobahn test suite
WRONG = {
    "reserved bit (3)": ([frame(TEXT, b"x", rsv=4)], 1002),
    "reserved opcode 3 (4)": ([frame(3, b"x")], 1002),
    "reserved control opcode 11 (4)": ([frame(11, b"x")], 1002),
    "not masked": ([frame(TEXT, b"x", masked=False)], 1002),
    "ping of 126 bytes (2)": ([frame(PING, bytes(126))], 1002),
    "fragmented ping (5)": ([frame(PING, b"x", fin=False)], 1002),
    "continuation of nothing (5)": ([frame(CONTINUATION, b"x")], 1002),
    "text in a text (5)": ([frame(TEXT, b"x", fin=False), frame(TEXT, b"y")], 1002),
    "invalid UTF-8 (6)": ([frame(TEXT, b"\xff")], 1007),
    "invalid UTF-8 in the second piece (6)": (
        [frame(TEXT, b"\xe2\x82", fin=False), frame(CONTINUATION, b"\x28")],
        1007,
    ),
    "UTF-8 that is cut off (6)": ([frame(TEXT, b"\xe2\x82")], 1007),
    "a surrogate (6)": ([frame(TEXT, b"\xed\xa0\x80")], 1007),
    "close of one byte (7)": ([frame(CLOSE, b"\x03")], 1002),
    "close with code 1005 (7)": ([frame(CLOSE, close_payload(1005))], 1002),
    "close with code 999 (7)": ([frame(CLOSE, close_payload(999))], 1002),
    "close with code 1016 (7)": ([frame(CLOSE, close_payload(1016))], 1002),
    "too large (9)": ([frame(BINARY, bytes((1 << 20) + 1))], 1009),
    "too large in pieces (9)": (
        [frame(BINARY, bytes(600_000), fin=False), frame(CONTINUATION, bytes(600_000))],
        1009,
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_the_rfc_forbids_closes_the_connection(server: Server, name: str) -> None:
    frames, code = WRONG[name]
    with connect(server, "echo") as ws:
        ws.send(b"".join(frames))
        last = ws.message()
        assert (last.opcode, last.code) == (CLOSE, code)
    with connect(server, "echo") as ws:
        assert ws.status == 101


# name -> what is sent, and what comes back
RIGHT = {
    "ping (2)": ([frame(PING, b"p")], [Frame(PONG, b"p")]),
    "unasked pong (2)": ([frame(PONG, b"p"), frame(TEXT, b"x")], [Frame(TEXT, b"x")]),
    "ping of 125 bytes (2)": ([frame(PING, bytes(125))], [Frame(PONG, bytes(125))]),
    "three pieces with a ping between (5)": (
        [
            frame(TEXT, b"a", fin=False),
            frame(CONTINUATION, b"b", fin=False),
            frame(PING, b"p"),
            frame(CONTINUATION, b"c"),
        ],
        [Frame(PONG, b"p"), Frame(TEXT, b"abc")],
    ),
    "empty pieces (6)": (
        [frame(TEXT, fin=False), frame(CONTINUATION, fin=False), frame(CONTINUATION)],
        [Frame(TEXT, b"")],
    ),
    "a character in two pieces (6)": (
        [frame(TEXT, b"\xe2\x82", fin=False), frame(CONTINUATION, b"\xac")],
        [Frame(TEXT, "€".encode())],
    ),
    "close of 125 bytes (7)": (
        [frame(CLOSE, close_payload(3000, b"r" * 123))],
        [Frame(CLOSE, close_payload(3000))],
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_the_rfc_allows_is_answered(server: Server, name: str) -> None:
    frames, expected = RIGHT[name]
    with connect(server, "echo") as ws:
        ws.send(b"".join(frames))
        for wanted in expected:
            got = ws.receive() if wanted.opcode > 7 else ws.message()
            assert got.opcode == wanted.opcode
            assert got.payload.startswith(wanted.payload)


def test_a_frame_that_comes_byte_by_byte_is_read(server: Server) -> None:
    with connect(server, "echo") as ws:
        for byte in frame(TEXT, b"drop by drop"):
            ws.send(bytes([byte]))
        assert ws.message().payload == b"drop by drop"


def test_a_handler_that_does_not_read_stops_its_client(server: Server) -> None:
    """By TCP; and nothing is lost when it reads on."""
    block = frame(BINARY, bytes(64 * 1024)) * 16
    with connect(server, "slow") as ws:
        sent = fill(ws, block)
        assert sent < 64 << 20  # what the kernel and three windows hold
        Path(f"{server.app}.notes.go").touch()
        ws.socket.settimeout(WAIT_S)
        ws.send(block[sent % len(block) :])
        ws.send(frame(BINARY, b"end"))
        blocks = sent // len(block) + 1
        assert ws.message().payload == str(blocks * 16 * 64 * 1024 + 3).encode()


def fill(ws: RawWebSocket, block: bytes) -> int:
    """Sends the block again and again until the server has not taken anything for a while; the bytes."""
    ws.socket.settimeout(1)
    sent = 0
    while sent < 256 << 20:
        try:
            sent += ws.socket.send(block[sent % len(block) :])
        except TimeoutError:
            break
    return sent


def test_a_client_that_does_not_read_stops_its_handler(server: Server) -> None:
    with connect(server, "flood") as ws:
        wait_for(server.notes, "the first")
        count = -1

        def still() -> bool:
            nonlocal count
            before, count = count, len(server.notes())
            return before == count

        wait_for(still, "a handler that waits")
        for _ in range(4000):
            assert len(ws.message().payload) == 64 * 1024
        assert ws.receive().code == 1000


def test_tls_carries_messages_of_each_size(start: Starter, tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    server = start(start.app("websockets"), **pair.flags)
    trust = ssl.create_default_context(cafile=str(pair.certificate))
    with RawWebSocket(server.port, "/python/echo", early=frame(TEXT, b"early"), tls=trust) as ws:
        assert ws.message().payload == b"early"
        for size in (0, 5, 16_384, 70_000, 1 << 20):
            payload = os.urandom(size)
            ws.send(frame(BINARY, payload))
            assert ws.message() == Frame(BINARY, payload)
        ws.send(frame(CLOSE, close_payload(1000)))
        assert ws.receive().code == 1000
