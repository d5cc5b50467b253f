"""Asks a server in the background, to see that it answers throughout."""

from __future__ import annotations

import http.client
import threading
import time
from types import TracebackType
from typing import Self

from harness.waiting import LONG_S


class Probe:
    """Asks for each path in turn, on a connection of its own, until the block ends.

    Attributes:
        answers: how many were 200.
        failures: everything else.
        slowest_s: the longest time of one answer.
    """

    def __init__(self, port: int, *paths: str) -> None:
        self.answers = 0
        self.failures: list[str] = []
        self.slowest_s = 0.0
        self._port = port
        self._paths = paths
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(LONG_S)
        assert kind is not None or not self._thread.is_alive(), "a probe got no answer"

    def _ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=LONG_S)
        while not self._stop.wait(0.01):
            for path in self._paths:
                started = time.monotonic()
                try:
                    connection.request("GET", path)
                    answer = connection.getresponse()
                    answer.read()
                except (OSError, http.client.HTTPException) as error:
                    self.failures.append(f"{path}: {error!r}")
                    connection.close()
                    continue
                self.slowest_s = max(self.slowest_s, time.monotonic() - started)
                if answer.status == 200:
                    self.answers += 1
                else:
                    self.failures.append(f"{path}: {answer.status}")
        connection.close()
