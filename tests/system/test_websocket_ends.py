"""How a WebSocket ends: by its handler, its client, a reload, a stop, a death, or silence."""

from __future__ import annotations

import os
import signal

import pytest

from harness.server import Server
from harness.starter import Starter
from harness.waiting import wait_for
from harness.websocket import (
    CLOSE,
    PING,
    PONG,
    Frame,
    close_payload,
    connect,
    frame,
)

APPLICATION = "websockets"


@pytest.mark.parametrize(("path", "last"), [("watch", "finally"), ("deaf", "deaf finally")])
def test_a_client_that_vanishes_ends_its_handler(server: Server, path: str, last: str) -> None:
    """Also one that does not look: it is cancelled."""
    ws = connect(server, path)
    assert ws.status == 101
    if path == "watch":
        ws.message()
    ws.close()
    wait_for(lambda: server.notes()[-1:] == [last], "the handler's finally")


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
    wait_for(lambda: server.notes() == [noted, "finally"], "the handler's end")


def test_a_reload_closes_with_1012(server: Server) -> None:
    with connect(server, "watch") as ws:
        before = ws.message().payload
        assert server.reload().returncode == 0
        assert ws.receive().code == 1012
        ws.send(frame(CLOSE, close_payload(1012)))
        with connect(server, "watch") as again:
            assert again.message().payload != before
    wait_for(lambda: server.notes()[:2] == ["left 1012 ", "finally"], "the handler's end")


def test_a_stop_closes_with_1001(server: Server) -> None:
    with connect(server, "watch") as ws:
        ws.message()
        server.process.send_signal(signal.SIGTERM)
        assert ws.receive().code == 1001
        ws.send(frame(CLOSE, close_payload(1001)))
    assert server.process.wait(60) == 0
    assert server.notes() == ["left 1001 ", "finally"]


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
        wait_for(lambda: server.notes() == ["left 1006 ", "finally"], "the handler's end")


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
