"""Clients that are slow on purpose, and what they cost the others."""

from __future__ import annotations

import contextlib
import http.client
import socket
import statistics
import threading
import time
from types import TracebackType
from typing import Self

from harness.waiting import LONG_S


class SlowClients:
    """Connections that have sent `start`, and then go on with `more`, one byte of each in turn, for ever.

    Args:
        port: of the server.
        count: how many connections.
        start: what each sends at once.
        more: the bytes that follow, again and again; empty: nothing follows.
        receive: the size of their receive buffers; None for that of the system.
    """

    def __init__(
        self, port: int, count: int, start: bytes, more: bytes = b"", receive: int | None = None
    ) -> None:
        self._more = more
        self._stop = threading.Event()
        self._sockets = [self._connect(port, start, receive) for _ in range(count)]
        self._thread = threading.Thread(target=self._trickle, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(LONG_S)
        for connection in self._sockets:
            connection.close()

    def first_lines(self) -> list[bytes]:
        """Waits until the server has closed them all; the first line that each got, empty for none."""
        self._stop.set()
        self._thread.join(LONG_S)
        return [self._read_to_end(connection).partition(b"\r\n")[0] for connection in self._sockets]

    def _connect(self, port: int, start: bytes, receive: int | None) -> socket.socket:
        connection = socket.socket()
        if receive is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        connection.settimeout(LONG_S)
        connection.connect(("127.0.0.1", port))
        connection.sendall(start)
        return connection

    def _trickle(self) -> None:
        while self._more and not self._stop.wait(0.1):
            for connection in self._sockets:
                with contextlib.suppress(OSError):
                    connection.send(self._more[:1])

    def _read_to_end(self, connection: socket.socket) -> bytes:
        data = b""
        with contextlib.suppress(ConnectionError):
            while piece := connection.recv(65536):
                data += piece[: max(0, 200 - len(data))]
        return data


def p99_ms(port: int, path: str, requests: int = 400) -> float:
    """The 99th percentile of the time of GET requests, one after the other on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONG_S)
    times = []
    for _ in range(requests):
        start = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        times.append(time.perf_counter() - start)
        assert answer.status == 200
    connection.close()
    return statistics.quantiles(times, n=100)[98] * 1000
