"""What the tests of the kill matrix share.

The matrix: worker, pool process and gateway; six signals; idle, 50 requests in flight, during a reload,
during the start. Each request that was sent has exactly one outcome, and nothing runs twice. Native routes do
not notice what befalls worker and pool. The fixture `start` checks that no process, zombie or file is left.
"""

from __future__ import annotations

from collections.abc import Iterable
from signal import SIGABRT, SIGINT, SIGKILL, SIGSEGV, SIGTERM, Signals
from typing import Any

import pytest

from harness.scene import Scene
from harness.server import Server
from harness.starter import Starter

IN_FLIGHT = 50
THREADS = 4
ASKING = (SIGTERM, SIGINT)  # to end
FATAL = (SIGKILL, SIGSEGV, SIGABRT)
EXPECTED = (
    r"] (error|warning): .*(worker|died|killed|signal|silent|did not end)",
    r"not ready within|stacks of all threads",
    r"^Fatal Python error",
    r"^\[error\] request .*PoolProcessDied",
    r"] error: (reload failed|the application does not start|this worker cannot start)",
)


def cells(numbers: Iterable[Signals], in_make_test: Iterable[Signals]) -> pytest.MarkDecorator:
    """A parameter for each signal; `make test` runs some of them, `make chaos` all."""
    kept = set(in_make_test)
    return pytest.mark.parametrize(
        "number",
        [
            pytest.param(number, id=number.name, marks=[] if number in kept else [pytest.mark.long])
            for number in numbers
        ],
    )


def begin(start: Starter, *, ready: bool = True, **flags: Any) -> Scene:
    """Two workers of four threads and one pool process each."""
    options: dict[str, Any] = {
        "workers": 2,
        "threads": THREADS,
        "pool_workers": 2,
        "silent_timeout": "3s",
    } | flags
    app = start.app("counting")
    server = (start if ready else start.launch)(app, **options)
    server.log.allow(*EXPECTED)
    return Scene(server)


def pool_of(server: Server) -> list[int]:
    """The pids of all pool processes."""
    return [pid for worker in server.status()["workers"] for pid in worker["pool_pids"]]


def answers(server: Server, path: str, count: int = 10) -> None:
    """So many POSTs in a row are answered 200."""
    for number in range(count):
        answer = server.client.post(f"{path}?key=after-{number}")
        assert answer.status_code == 200, answer.text
