"""WebSockets through the real gateway: handshakes, handlers, rooms, and mounted applications."""

from __future__ import annotations

import contextlib
import json
import os
import socket

import pytest
from websockets.sync import client

from harness.server import Server
from harness.starter import Starter
from harness.waiting import wait_for
from harness.websocket import (
    BINARY,
    CLOSE,
    TEXT,
    WAIT_S,
    Frame,
    RawWebSocket,
    close_payload,
    connect,
    frame,
    handshake,
)

APPLICATION = "websockets"


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


def test_a_mounted_application_has_websockets(server: Server) -> None:
    with connect(server, "asgi/x") as ws:
        assert (ws.status, ws.fields["x-made"]) == (101, "asgi")
        ws.send(frame(TEXT, b"hello"))
        assert ws.message().payload == b"/python/asgi hello"
        ws.send(frame(CLOSE, close_payload(1000)))
        assert ws.receive().code == 1000
    wait_for(lambda: server.notes() == ["asgi 1000"], "the disconnect")
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
