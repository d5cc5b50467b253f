"""Signals that ask for nothing that requests could notice, thousands of them under load."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from signal import SIGHUP, SIGUSR1, Signals

from harness.load import Load
from harness.starter import Starter
from harness.waiting import PATIENCE

# With pauses, or a process would do nothing but handle signals; awake in them, for one that wakes up takes
# its core from another process, which then hears of the signal between its calls.
_STORM = """
import os, sys, time
pid, number, pause = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
while True:
    os.kill(pid, number)
    next = time.perf_counter() + pause
    while time.perf_counter() < next:
        pass
"""


@contextlib.contextmanager
def storm(pid: int, number: Signals) -> Iterator[None]:
    """Sends the process this signal until the block ends."""
    words = [str(pid), str(int(number)), str(2e-5 * PATIENCE)]
    sender = subprocess.Popen([sys.executable, "-c", _STORM, *words])
    try:
        yield
        assert sender.poll() is None, "the process is gone"
    finally:
        sender.kill()
        sender.wait()


def test_the_gateway_opens_its_access_log_again_and_again(start: Starter, tmp_path: Path) -> None:
    """SIGUSR1 interrupts what loop 0 asks of ZeroMQ."""
    file = tmp_path / "access.log"
    server = start(start.app("counting"), workers=2, io_threads=2, access_log="json", access_log_file=file)
    workers = server.worker_pids()
    with storm(server.pid, SIGUSR1), Load(server.port, "/python/count", threads=6) as load:
        load.wait_until(2_000)
    assert set(load.results()) == {200}
    assert server.worker_pids() == workers


def test_a_worker_ignores_hangups(start: Starter) -> None:
    """SIGHUP interrupts what its threads ask of ZeroMQ."""
    server = start(start.app("counting"))
    (worker,) = server.worker_pids()
    with storm(worker, SIGHUP), Load(server.port, "/python/count", threads=6) as load:
        load.wait_until(2_000)
    assert set(load.results()) == {200}
    assert server.worker_pids() == [worker]
