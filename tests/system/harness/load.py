"""Requests from several threads at once, each with its one outcome."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from harness.waiting import LONG_S, wait_for

REFUSED = "refused"  # no connection was made
LOST = "lost"  # a connection was made, and no whole answer came


@dataclass(frozen=True)
class Outcome:
    """What became of one request: an HTTP status, REFUSED or LOST."""

    key: str
    result: int | str
    body: bytes = b""
    retry_after: str | None = None


@dataclass
class Load:
    """Threads that send POSTs until they are told to stop or have sent their share.

    Args:
        port: of the server.
        path: gets ``?key=KEY`` with a key of its own for each request.
        threads: how many send at once.
        each: how many requests each thread sends; None for no limit.
        keep_alive: whether a thread keeps its connection.
        body: of each request, JSON.
    """

    port: int
    path: str
    threads: int = 8
    each: int | None = None
    keep_alive: bool = True
    body: bytes = b'{"a": 1}'
    outcomes: list[Outcome] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._send_all, args=(number,), daemon=True)
            for number in range(self.threads)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        if kind is not None or self.each is None:
            self._stop.set()
        self.join()

    def stop(self) -> None:
        """No further requests; those under way end."""
        self._stop.set()

    def join(self) -> None:
        """Waits for the threads."""
        for thread in self._threads:
            thread.join(LONG_S)
            assert not thread.is_alive(), "a request got no outcome"

    def wait_until(self, count: int) -> None:
        """Waits for this many outcomes."""
        wait_for(lambda: len(self.outcomes) >= count, f"{count} outcomes")

    def results(self) -> Counter[int | str]:
        """How often each result came."""
        return Counter(outcome.result for outcome in list(self.outcomes))

    def keys(self, matches: Callable[[int | str], bool]) -> set[str]:
        """The keys of the requests whose result matches."""
        return {outcome.key for outcome in list(self.outcomes) if matches(outcome.result)}

    def _send_all(self, thread: int) -> None:
        connection: http.client.HTTPConnection | None = None
        number = 0
        while not self._stop.is_set() and (self.each is None or number < self.each):
            connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONG_S)
            outcome = self._send(connection, f"{thread}-{number}")
            self.outcomes.append(outcome)
            number += 1
            if isinstance(outcome.result, str) or not self.keep_alive:
                connection.close()
                connection = None
            if outcome.result == REFUSED:
                self._stop.wait(0.01)
        if connection is not None:
            connection.close()

    def _send(self, connection: http.client.HTTPConnection, key: str) -> Outcome:
        try:
            if connection.sock is None:
                connection.connect()
        except OSError:
            return Outcome(key, REFUSED)
        try:
            connection.request("POST", f"{self.path}?key={key}", body=self.body, headers=_JSON)
            answer = connection.getresponse()
            return Outcome(key, answer.status, answer.read(), answer.headers["Retry-After"])
        except (OSError, http.client.HTTPException):
            return Outcome(key, LOST)


_JSON = {"Content-Type": "application/json"}
