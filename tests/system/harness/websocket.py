"""A raw client of RFC 6455: it sends what a test says, right or wrong, and reads frames."""

from __future__ import annotations

import base64
import os
import socket
import ssl
import struct
from typing import NamedTuple, Self

from harness.server import Server
from harness.waiting import PATIENCE

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
FIN = 0x80
WAIT_S = 30.0 * PATIENCE


class Frame(NamedTuple):
    """One frame of the server."""

    opcode: int
    payload: bytes
    fin: bool = True

    @property
    def code(self) -> int:
        """Of a close frame; 1005 when it has none."""
        return struct.unpack("!H", self.payload[:2])[0] if self.payload else 1005


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, masked: bool = True) -> bytes:
    """The bytes of a frame."""
    first = opcode | (FIN if fin else 0) | rsv << 4
    bit = 0x80 if masked else 0
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", first, bit | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", first, bit | 126, size)
    else:
        head = struct.pack("!BBQ", first, bit | 127, size)
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + mask(payload, key)


def mask(payload: bytes, key: bytes) -> bytes:
    """The payload as it travels."""
    pad = (key * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(len(payload), "big")


def close_payload(code: int, reason: bytes = b"") -> bytes:
    """That of a close frame."""
    return struct.pack("!H", code) + reason


def handshake(path: str, *fields: str, key: str | None = None, version: str = "13") -> bytes:
    """An opening handshake."""
    key = base64.b64encode(os.urandom(16)).decode() if key is None else key
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: x",
        "Connection: Upgrade",
        "Upgrade: websocket",
        f"Sec-WebSocket-Key: {key}",
        f"Sec-WebSocket-Version: {version}",
        *fields,
    ]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


class RawWebSocket:
    """A connection that has sent its handshake; close it."""

    def __init__(
        self, port: int, path: str, *fields: str, early: bytes = b"", tls: ssl.SSLContext | None = None
    ) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), WAIT_S)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self._file = self.socket.makefile("rb")
        self.send(handshake(path, *fields) + early)
        self.status_line = self._file.readline().decode().strip()
        self.fields: dict[str, str] = {}
        while line := self._file.readline().decode().strip():
            name, _, value = line.partition(": ")
            self.fields[name.lower()] = value

    @property
    def status(self) -> int:
        """Of the answer to the handshake."""
        return int(self.status_line.split()[1])

    def send(self, data: bytes) -> None:
        """Sends bytes as they are."""
        self.socket.sendall(data)

    def receive(self) -> Frame:
        """The next frame.

        Raises:
            EOFError: the server has closed the connection.
        """
        first, size = self._exactly(2)  # a server does not mask, so the second byte is a size
        if size == 126:
            size = struct.unpack("!H", self._exactly(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", self._exactly(8))[0]
        return Frame(first & 0x0F, self._exactly(size), bool(first & FIN))

    def message(self) -> Frame:
        """The next message, put together from its frames."""
        start = part = self.receive()
        payload = part.payload
        while not part.fin:
            part = self.receive()
            payload += part.payload
        return Frame(start.opcode, payload)

    def body(self) -> bytes:
        """That of an answer that refuses."""
        return self._file.read(int(self.fields["content-length"]))

    def at_end(self) -> bool:
        """Whether the server has closed the connection."""
        try:
            return self._file.read(1) == b""
        except ConnectionError:
            return True

    def _exactly(self, size: int) -> bytes:
        data = self._file.read(size) if size else b""
        if len(data) < size:
            raise EOFError
        return data

    def close(self) -> None:
        """Ends the connection, without a word."""
        self._file.close()
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def connect(server: Server, path: str, *fields: str) -> RawWebSocket:
    """A handshake with the endpoint below /python/."""
    return RawWebSocket(server.port, f"/python/{path}", *fields)
