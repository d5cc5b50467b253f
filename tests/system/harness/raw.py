"""HTTP as bytes on a socket, for what no HTTP library would send."""

from __future__ import annotations

import json
import select
import socket
from dataclasses import dataclass
from typing import Any, Self

from harness.waiting import PATIENCE

LIMIT_S = 20.0 * PATIENCE


@dataclass(frozen=True)
class Answer:
    """One HTTP answer as it arrived."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Connection:
    """One TCP connection to a server."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), LIMIT_S)
        self._buffer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes | str) -> None:
        """Sends all of it."""
        self.socket.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def finish(self) -> None:
        """Half-closes: nothing more will be sent."""
        self.socket.shutdown(socket.SHUT_WR)

    def answer(self, method: str = "GET") -> Answer:
        """The next answer; raises ConnectionError when the connection ends before it does."""
        head = self._until(b"\r\n\r\n").decode("latin-1")
        first, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(first.split()[1])
        if method == "HEAD" or status < 200 or status in (204, 304):
            return Answer(status, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            return Answer(status, headers, self._chunks())
        return Answer(status, headers, self._exactly(int(headers["content-length"])))

    def pending(self) -> bool:
        """Whether something has arrived, or the end; does not wait."""
        return bool(self._buffer) or bool(select.select([self.socket], [], [], 0)[0])

    def is_closed(self) -> bool:
        """Waits for more; whether the server closed instead."""
        try:
            return not self._buffer and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self._until(b"\r\n"), 16):
            body += self._exactly(size)
            self._until(b"\r\n")
        self._until(b"\r\n")
        return body

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            self._receive()
        found, self._buffer = self._buffer.split(mark, 1)
        return found

    def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._receive()
        found, self._buffer = self._buffer[:size], self._buffer[size:]
        return found

    def _receive(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError(f"the server closed the connection after {self._buffer[:200]!r}")
        self._buffer += data


def exchange(port: int, data: bytes | str) -> Answer:
    """Sends bytes on a fresh connection; the first answer."""
    with Connection(port) as connection:
        connection.send(data)
        return connection.answer()
