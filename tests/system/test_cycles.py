"""Starts and stops in a row, under load: each ends with 0 and leaves nothing."""

from __future__ import annotations

import signal
import time

import pytest

from harness import processes
from harness.chaos import Rows
from harness.load import LOST, REFUSED, Load
from harness.scene import Scene
from harness.server import Server
from harness.starter import Starter

pytestmark = pytest.mark.chaos


def end(server: Server, cycle: int) -> None:
    """In turn by each of the ways that an operator has."""
    if cycle % 3 == 2:
        done = server.command("stop")
        assert done.returncode == 0, done.stderr
    else:
        server.signal(signal.SIGTERM if cycle % 3 == 0 else signal.SIGINT)
    assert server.wait_exit() == 0, server.log.text()


@pytest.mark.parametrize(
    "cycles", [4, pytest.param(200, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
def test_cycles_of_start_and_stop_under_load(start: Starter, cycles: int, chaos_row: Rows) -> None:
    """Requests that were executed were answered 200, and no other was."""
    app = start.app("counting")
    began = time.monotonic()
    answered = 0
    for cycle in range(cycles):
        server = start(app, workers=1 + cycle % 2)
        scene = Scene(server)
        scene.beside("executions").unlink(missing_ok=True)
        with Load(server.port, "/python/count/slow", threads=6) as load:
            load.wait_until(20)
            end(server, cycle)
        assert set(load.results()) <= {200, REFUSED, LOST}, load.results()
        ran = scene.executions()
        assert set(ran.values()) == {1}
        assert set(ran) == load.keys(lambda result: result == 200)
        answered += len(ran)
        server.check_nothing_left()
        assert not [child for child in processes.children(server.pid) if child.is_zombie]
        start.servers.remove(server)
    seconds = (time.monotonic() - began) / cycles
    chaos_row.record(
        f"{cycles} starts and stops under load", f"exit code 0 each, {answered} answered", seconds
    )
