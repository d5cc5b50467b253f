"""A server of the application "counting" in a situation in which a fault can be caused."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Self

from harness import processes
from harness.load import Load
from harness.raw import Connection
from harness.server import Done, Server
from harness.waiting import LONG_S, wait_for

HELLO = "GET /native/hello HTTP/1.1\r\nHost: x\r\n\r\n"


class Scene:
    """What the test may do to the application, and what the application has done."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def beside(self, suffix: str) -> Path:
        """The file beside the application directory by which test and application talk."""
        return self.server.app.with_suffix(f".{suffix}")

    # ---- handlers ----

    def executions(self) -> Counter[str]:
        """How often a request with each key began to run."""
        path = self.beside("executions")
        return Counter(path.read_text().split() if path.exists() else [])

    def wait_running(self, count: int) -> None:
        """Waits until exactly so many requests have begun."""
        wait_for(lambda: self.executions().total() >= count, f"{count} requests run")
        assert self.executions().total() == count

    def wait_accepted(self, count: int) -> None:
        """Waits until so many Python requests are under way, waiting ones included."""

        def accepted() -> int:
            status = self.server.status()
            running: int = sum(worker["in_flight"] for worker in status["workers"])
            return running + int(status["queue"]["depth"])

        wait_for(lambda: accepted() >= count, f"{count} requests are accepted")

    def release(self) -> None:
        """Ends the handlers that hold."""
        self.beside("release").touch()

    # ---- starts ----

    def importing(self) -> list[int]:
        """The processes that wait in their start."""
        path = self.beside("importing")
        return [int(pid) for pid in path.read_text().split()] if path.exists() else []

    def wait_importing(self, count: int) -> list[int]:
        """Waits until so many wait in their start; their pids."""
        return wait_for(lambda: pids if len(pids := self.importing()) >= count else None, "they start")

    # ---- state ----

    def wait_replaced(self, victim: int, workers: int = 2) -> None:
        """Waits until so many serve and the victim is not one of them."""
        wait_for(
            lambda: victim not in (pids := self.server.worker_pids()) and len(pids) == workers,
            f"worker {victim} is replaced\n{self.server.log.text()}",
        )

    def check_counts(self, load: Load) -> None:
        """Nothing ran twice, and what was answered 200 ran."""
        executed = self.executions()
        assert set(executed.values()) <= {1}, executed.most_common(3)
        assert load.keys(lambda result: result == 200) <= set(executed)
        self.wait_no_zombie()

    def wait_no_zombie(self) -> None:
        """Waits until every process of the server that ended has been collected."""
        wait_for(
            lambda: not [child for child in processes.children(self.server.pid) if child.is_zombie],
            "no zombie is left",
            5,
        )


class Hold:
    """While it is entered, starts wait: "start" in the import of the application, "pool" in its pool."""

    def __init__(self, app: Path, what: str = "start") -> None:
        self._file = app.with_suffix(f".hold-{what}")

    def __enter__(self) -> Self:
        self._file.touch()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """The starts go on."""
        self._file.unlink(missing_ok=True)


class Command:
    """A command that runs beside the test: ``typhon reload``."""

    def __init__(self, server: Server, *words: str) -> None:
        self._done: list[Done] = []
        self._thread = threading.Thread(target=lambda: self._done.append(server.command(*words)), daemon=True)
        self._thread.start()

    def done(self) -> Done:
        """Waits for its end."""
        self._thread.join(LONG_S)
        assert self._done, "the command does not end"
        return self._done[0]


class NativeProbe:
    """Asks a native route all the time, before and during a fault."""

    def __init__(self, port: int) -> None:
        self._connection = Connection(port)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._seconds: list[float] = []
        self._failures: list[Exception] = []
        self._before = 0

    def __enter__(self) -> Self:
        self._thread.start()
        wait_for(lambda: len(self._seconds) >= 100 or self._failures, "native routes answer")
        self._before = len(self._seconds)
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(LONG_S)
        self._connection.socket.close()
        if kind is None:
            self.check()

    def check(self) -> None:
        """Native answers during the fault took about as long as before: bounds for a machine that does
        other things, too, and yet below any wait for a worker."""
        assert self._failures == []
        before, during = self._seconds[: self._before], self._seconds[self._before :]
        assert during
        assert _p99(during) <= 5 * _p99(before) + 0.1
        assert max(during) <= 1.0

    def _ask(self) -> None:
        try:
            while not self._stop.wait(0.001):
                started = time.monotonic()
                self._connection.send(HELLO)
                assert self._connection.answer().status == 200
                self._seconds.append(time.monotonic() - started)
        except Exception as error:
            self._failures.append(error)


def _p99(seconds: list[float]) -> float:
    return sorted(seconds)[len(seconds) * 99 // 100]


def kill(pid: int, number: signal.Signals) -> float:
    """Sends the signal; when, by time.monotonic()."""
    os.kill(pid, number)
    return time.monotonic()
