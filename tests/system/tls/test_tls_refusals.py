"""HTTPS: what is refused, and that it harms nobody."""

from __future__ import annotations

import socket
import ssl
import struct
import time

import pytest

from harness.raw import Connection
from harness.server import Server
from harness.starter import Starter
from harness.tls import BOTH, CLIENT_HELLO, Pair, TlsConnection, client_context, get, serves
from harness.waiting import LONG_S, wait_for


@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS"])
def test_plain_http_on_the_port_gets_a_clear_400(port: int, method: str) -> None:
    with Connection(port) as plain:
        plain.send(f"{method} / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = plain.answer()
        assert answer.status == 400
        assert "HTTPS" in answer.json["error"]
        assert plain.is_closed()


GARBAGE = {
    "zeros": b"\0" * 512,
    "letters": b"hello there, is this the right port?\r\n",
    "ssh": b"\x00SSH-2.0-OpenSSH_9.2\r\n",
    "cut-off hello": CLIENT_HELLO,
    "record too long": b"\x16\x03\x01\xff\xff" + b"x" * 70000,
    "alert": b"\x15\x03\x03\x00\x02\x02\x28",
    "data before the handshake": b"\x17\x03\x03\x00\x20" + b"x" * 32,
    "ssl 2": b"\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10" + b"\x01" * 40,
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_ends_the_connection_and_nothing_else(port: int, trusting: ssl.SSLContext, name: str) -> None:
    with Connection(port) as plain:
        plain.send(GARBAGE[name])
        plain.finish()
        try:
            while plain.socket.recv(4096):
                pass
        except ConnectionResetError:
            pass
    with TlsConnection(port, trusting) as connection:
        connection.send(get())
        assert connection.answer().status == 200


def test_garbage_after_the_handshake_ends_the_connection(port: int, trusting: ssl.SSLContext) -> None:
    with TlsConnection(port, trusting) as connection:
        descriptor = connection.tls.detach()
        with socket.socket(fileno=descriptor) as raw:
            raw.settimeout(LONG_S)
            raw.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(4096):
                pass


@pytest.mark.parametrize("begun", [b"", CLIENT_HELLO[:1], CLIENT_HELLO[:6]])
def test_a_handshake_that_does_not_end_is_ended(server: Server, port: int, begun: bytes) -> None:
    """A slow handshake has the time of a head, 2 s here."""
    with Connection(port) as plain:
        before = time.monotonic()
        if begun:
            plain.send(begun)
        assert plain.is_closed()
        assert 1 < time.monotonic() - before < 10
    assert server.log.errors() == []


def test_a_handshake_that_trickles_has_no_more_time(port: int) -> None:
    with Connection(port) as plain:
        before = time.monotonic()
        plain.send(b"\x16\x03\x01\x02\x00")
        try:
            while time.monotonic() - before < 10:
                plain.send(b"\x01")
                plain.socket.settimeout(0.2)
                try:
                    if plain.socket.recv(1) == b"":
                        break
                except TimeoutError:
                    continue
        except (ConnectionResetError, BrokenPipeError):
            pass
        assert 1 < time.monotonic() - before < 8


def test_a_reset_in_the_handshake_harms_nobody(port: int, trusting: ssl.SSLContext) -> None:
    for _ in range(50):
        with Connection(port) as plain:
            plain.send(CLIENT_HELLO[:6])
            plain.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with TlsConnection(port, trusting) as connection:
        connection.send(get())
        assert connection.answer().status == 200


def test_caps_hold_while_hands_are_shaken(start: Starter, pair: Pair) -> None:
    """Connections that never finish the handshake count; one too many is closed, plain ones hear why."""
    server = start(port=None, listen=BOTH, max_connections_per_address=3, head_timeout="30s", **pair.flags)
    port = server.port_of("https")
    held = [Connection(port) for _ in range(3)]
    try:
        for connection in held:
            connection.send(CLIENT_HELLO[:6])
        with pytest.raises((ssl.SSLError, ConnectionError)):
            TlsConnection(port, client_context())
        with Connection(server.port_of("http")) as plain:
            plain.send(get())
            assert plain.answer().status == 429
    finally:
        for connection in held:
            connection.socket.close()
    wait_for(lambda: serves(port), "the places are free again")
