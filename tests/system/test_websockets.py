"""WebSockets through the real gateway: handshakes, messages both ways, closes, limits, and their ends."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import ssl
from pathlib import Path

import pytest
from websockets.sync import client

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
    frame,
    handshake,
)


@pytest.fixture
def server(start: Starter) -> Server:
    """The application of WebSockets, in a copy of its own."""
    return start(start.app("websockets"))


def notes(server: Server) -> list[str]:
    """What its handlers wrote down."""
    path = Path(f"{server.app}.notes")
    return path.read_text().splitlines() if path.exists() else []


def connect(server: Server, path: str, *fields: str) -> RawWebSocket:
    return RawWebSocket(server.port, f"/python/{path}", *fields)


def answer(server: Server, request: bytes) -> bytes:
    """All that the server says to a request, to the end of the connection."""
    with socket.create_connection(("127.0.0.1", server.port), 30) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        data = b""
        while part := client.recv(65536):
            data += part
        return data


def test_an_echo_answers_text_and_binary(server: Server) -> None:
    """Messages of each kind and size come back as they were."""
    with connect(server, "echo") as ws:
        assert ws.status == 101
        assert "server" not in ws.fields or "/" not in ws.fields["server"]
        for opcode, payload in [
            (TEXT, b"hello"),
            (BINARY, b"\x00\xff"),
            (TEXT, b""),
            (BINARY, b""),
            (TEXT, "größe €".encode()),
            (BINARY, os.urandom(126)),
            (BINARY, os.urandom(70_000)),
            (BINARY, os.urandom(1 << 20)),
        ]:
            ws.send(frame(opcode, payload))
            assert ws.message() == Frame(opcode, payload)
        ws.send(frame(CLOSE, close_payload(1000)))
        assert ws.receive() == Frame(CLOSE, close_payload(1000))
        assert ws.at_end()


def test_the_accept_is_that_of_the_rfc(server: Server) -> None:
    data = answer(server, handshake("/python/echo", key="dGhlIHNhbXBsZSBub25jZQ=="))
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in data


def test_frames_behind_the_handshake_are_read(server: Server) -> None:
    """A client that does not wait for the answer loses nothing."""
    early = frame(TEXT, b"early")
    with RawWebSocket(server.port, "/python/echo", early=early) as ws:
        assert ws.message() == Frame(TEXT, b"early")


BAD_HANDSHAKES = {
    "version 8": (handshake("/python/echo", version="8"), 426),
    "no version": (handshake("/python/echo").replace(b"Sec-WebSocket-Version", b"X"), 426),
    "short key": (handshake("/python/echo", key="c2hvcnQ="), 400),
    "no base64": (handshake("/python/echo", key="!" * 22 + "=="), 400),
    "two keys": (handshake("/python/echo", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 400),
    "a body": (handshake("/python/echo", "Content-Length: 1") + b"x", 400),
    "no upgrade": (b"GET /python/echo HTTP/1.1\r\nHost: x\r\n\r\n", 426),
    "HTTP/1.0": (handshake("/python/echo").replace(b"HTTP/1.1", b"HTTP/1.0"), 426),
    "POST": (handshake("/python/echo").replace(b"GET", b"POST"), 405),
    "no route": (handshake("/python/nowhere"), 404),
}


@pytest.mark.parametrize("name", BAD_HANDSHAKES)
def test_a_bad_handshake_is_refused(server: Server, name: str) -> None:
    request, status = BAD_HANDSHAKES[name]
    data = answer(server, request)
    assert data.split()[1] == str(status).encode(), data
    assert (b"Sec-WebSocket-Version: 13" in data) == (status == 426)


def test_a_path_without_a_websocket_ignores_the_upgrade(server: Server) -> None:
    """RFC 9110 section 7.8."""
    assert b" 200 " in answer(server, handshake("/python/pid"))


def test_parameters_are_filled_in(server: Server) -> None:
    with connect(server, "typed/7?factor=3") as ws:
        assert json.loads(ws.message().payload) == {"result": 21, "client": True, "id": 16}
        assert ws.receive().code == 1000
    with connect(server, "typed/7?factor=x") as ws:
        assert ws.status == 422


def test_a_subprotocol_and_fields_are_answered(server: Server) -> None:
    with connect(server, "protocol", "Sec-WebSocket-Protocol: a, b") as ws:
        assert (ws.status, ws.fields["sec-websocket-protocol"], ws.fields["x-made"]) == (101, "b", "here")
        assert ws.message().payload == b"chosen"


@pytest.mark.parametrize(
    ("path", "status"), [("refused", 409), ("aborted", 404), ("ignored", 403), ("echo?token=bad", 401)]
)
def test_a_handler_may_refuse(server: Server, path: str, status: int) -> None:
    with connect(server, path) as ws:
        assert ws.status == status
        assert b"error" in ws.body()


def test_rooms_broadcast(server: Server) -> None:
    with (
        connect(server, "chat/a") as one,
        connect(server, "chat/a") as two,
        connect(server, "chat/b") as other,
    ):
        one.send(frame(TEXT, b"hi"))
        assert one.message().payload == two.message().payload == b"a: hi"
        other.send(frame(TEXT, b"ho"))
        assert other.message().payload == b"b: ho"


@pytest.mark.parametrize("code", [1000, 1001, 1011, 3000, 4999])
def test_a_handler_closes_with_its_code(server: Server, code: int) -> None:
    with connect(server, f"close/{code}") as ws:
        assert ws.receive() == Frame(CLOSE, close_payload(code, b"as asked"))
        ws.send(frame(CLOSE, close_payload(code)))
        assert ws.at_end()


def test_an_exception_closes_with_1011_and_is_logged(server: Server) -> None:
    with connect(server, "fails", "X-Request-Id: the-one") as ws:
        assert ws.message().payload == b"first"
        assert ws.receive().code == 1011
    wait_for(lambda: "on purpose" in server.log.text(), "the traceback")
    assert "the-one" in server.log.text()
    server.log.allow("on purpose", "Traceback", "/python/fails")


@pytest.mark.parametrize(
    ("sent", "noted"), [(close_payload(4001, b"enough"), "left 4001 enough"), (b"", "left 1005 ")]
)
def test_a_handler_hears_the_code_of_its_client(server: Server, sent: bytes, noted: str) -> None:
    with connect(server, "watch") as ws:
        ws.message()
        ws.send(frame(CLOSE, sent))
        assert ws.receive().opcode == CLOSE
    wait_for(lambda: notes(server) == [noted, "finally"], "the handler's end")


@pytest.mark.parametrize(("path", "last"), [("watch", "finally"), ("deaf", "deaf finally")])
def test_a_client_that_vanishes_ends_its_handler(server: Server, path: str, last: str) -> None:
    """Also one that does not look: it is cancelled."""
    ws = connect(server, path)
    assert ws.status == 101
    if path == "watch":
        ws.message()
    ws.close()
    wait_for(lambda: notes(server)[-1:] == [last], "the handler's finally")


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
        wait_for(lambda: notes(server), "the first")
        count = -1

        def still() -> bool:
            nonlocal count
            before, count = count, len(notes(server))
            return before == count

        wait_for(still, "a handler that waits")
        for _ in range(4000):
            assert len(ws.message().payload) == 64 * 1024
        assert ws.receive().code == 1000


def test_a_reload_closes_with_1012(server: Server) -> None:
    with connect(server, "watch") as ws:
        before = ws.message().payload
        assert server.reload().returncode == 0
        assert ws.receive().code == 1012
        ws.send(frame(CLOSE, close_payload(1012)))
        with connect(server, "watch") as again:
            assert again.message().payload != before
    wait_for(lambda: notes(server)[:2] == ["left 1012 ", "finally"], "the handler's end")


def test_a_stop_closes_with_1001(server: Server) -> None:
    with connect(server, "watch") as ws:
        ws.message()
        server.process.send_signal(signal.SIGTERM)
        assert ws.receive().code == 1001
        ws.send(frame(CLOSE, close_payload(1001)))
    assert server.process.wait(60) == 0
    assert notes(server) == ["left 1001 ", "finally"]


@pytest.mark.chaos
def test_a_worker_that_dies_closes_with_1011(server: Server) -> None:
    server.log.allow("worker")
    with connect(server, "watch") as ws:
        os.kill(int(ws.message().payload), signal.SIGKILL)
        assert ws.receive().code == 1011


def test_a_silent_client_is_pinged_and_a_dead_one_let_go(start: Starter) -> None:
    server = start(start.app("websockets"), websocket_ping="300ms")
    with connect(server, "watch") as ws:
        ws.message()
        assert ws.receive().opcode == PING
        ws.send(frame(PONG))
        assert ws.receive().opcode == PING
        wait_for(lambda: notes(server) == ["left 1006 ", "finally"], "the handler's end")


def test_a_mounted_application_has_websockets(server: Server) -> None:
    with connect(server, "asgi/x") as ws:
        assert (ws.status, ws.fields["x-made"]) == (101, "asgi")
        ws.send(frame(TEXT, b"hello"))
        assert ws.message().payload == b"/python/asgi hello"
        ws.send(frame(CLOSE, close_payload(1000)))
        assert ws.receive().code == 1000
    wait_for(lambda: notes(server) == ["asgi 1000"], "the disconnect")
    with connect(server, "asgi/no") as ws:
        assert ws.status == 403


@pytest.mark.parametrize("threads", [2])
def test_sockets_of_another_loop_reach_the_same_worker(start: Starter, threads: int) -> None:
    server = start(start.app("websockets"), io_threads=threads)
    with contextlib.ExitStack() as stack:
        members = [stack.enter_context(connect(server, "chat/a")) for _ in range(6)]
        assert {ws.status for ws in members} == {101}
        members[0].send(frame(TEXT, b"all"))
        assert {ws.message().payload for ws in members} == {b"a: all"}


def test_an_ordinary_client_is_served(server: Server) -> None:
    """The package websockets, which offers permessage-deflate and is told no."""
    with client.connect(f"ws://127.0.0.1:{server.port}/python/echo", max_size=None) as ws:
        for message in ("text", b"binary", "x" * 500_000):
            ws.send(message)
            assert ws.recv(timeout=WAIT_S) == message
        ws.ping().wait(WAIT_S)


def test_a_rogue_record_closes_with_1011(start: Starter) -> None:
    """A worker whose records are none harms its own client alone."""
    rogue = start.app(
        rogue="""
from typhon import Response
from typhon._asgi_websocket import ASGI
from typhon._websocket import Switch
from typhon.routing import declare_websocket

async def records():
    yield b""
    yield b"\\x83 no record at all"

async def handler(request):
    return Switch(records(), [])

setattr(handler, ASGI, True)
declare_websocket("/python/rogue", None)(handler)
"""
    )
    server = start(rogue)
    with connect(server, "rogue") as ws:
        assert ws.status == 101
        assert ws.receive().code == 1011


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


def test_starlette_is_served_below_a_mount(start: Starter) -> None:
    app = start.app(
        starlette_app="""
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from typhon import mount

async def echo(websocket):
    await websocket.accept(subprotocol="b")
    async for text in websocket.iter_text():
        await websocket.send_text(f"{websocket.path_params['name']} {text}")

mount("/python/star", Starlette(routes=[WebSocketRoute("/hall/{name}", echo)]))
"""
    )
    server = start(app)
    with connect(server, "star/hall/ada", "Sec-WebSocket-Protocol: a, b") as ws:
        assert ws.fields["sec-websocket-protocol"] == "b"
        ws.send(frame(TEXT, b"hi"))
        assert ws.message().payload == b"ada hi"
    with connect(server, "star/nowhere") as ws:
        assert ws.status == 403
