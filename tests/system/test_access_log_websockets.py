"""A WebSocket gets one line in the access log, at its end."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from harness.access import AccessLog
from harness.starter import Starter
from harness.tls import make_pair
from harness.websocket import BINARY, CLOSE, RawWebSocket, close_payload, frame

APP = """
from typhon import websocket

@websocket("/python/doubled")
async def doubled(ws):
    await ws.accept()
    async for message in ws:
        await ws.send(message * 2)
        if len(message) > 3:
            return
"""


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_the_line_has_the_bytes_of_the_frames_that_were_sent(
    start: Starter, tmp_path: Path, tls: bool
) -> None:
    """Two messages and the close, but not the answer to the handshake."""
    pair = make_pair(tmp_path)
    log = AccessLog(tmp_path / "access.log")
    flags = {"access_log": "json", "access_log_file": log.path} | (pair.flags if tls else {})
    server = start(start.app(sockets=APP), **flags)
    trust = ssl.create_default_context(cafile=str(pair.certificate)) if tls else None
    with RawWebSocket(server.port, "/python/doubled", "X-Request-Id: the-one", tls=trust) as ws:
        assert ws.status == 101
        for payload in (b"abc", b"x" * 40_000):
            ws.send(frame(BINARY, payload))
            assert ws.message().payload == payload * 2
        assert ws.receive().code == 1000
        ws.send(frame(CLOSE, close_payload(1000)))
    line = log.wait_for("the-one")
    assert (line["status"], line["route"], line["end"]) == (101, "/python/doubled", "complete")
    assert line["bytes"] == (2 + 6) + (3 * 4 + 80_000) + (2 + 2)  # a frame has at most 32 KiB
    assert 0 < line["handler_ms"] <= line["total_ms"]


def test_the_time_of_a_handler_that_outlives_its_client_is_not_known(start: Starter, tmp_path: Path) -> None:
    log = AccessLog(tmp_path / "access.log")
    server = start(start.app(sockets=APP), access_log="json", access_log_file=log.path)
    with RawWebSocket(server.port, "/python/doubled", "X-Request-Id: the-one") as ws:
        ws.send(frame(CLOSE, close_payload(1000)))
        assert ws.receive().code == 1000
    line = log.wait_for("the-one")
    assert (line["status"], line["bytes"], line["handler_ms"]) == (101, 2 + 2, None)
