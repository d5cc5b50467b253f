"""The ledger: what was executing when a worker died never runs again, what was only dispatched is never lost.

The handlers write down each execution. An answer is 200 (it ran, once) or 502 (it was executing).
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

from harness.chaos import Rows
from harness.load import Load
from harness.scene import Command, Scene
from harness.starter import Starter
from harness.waiting import wait_for

pytestmark = pytest.mark.chaos

THREADS = 4
CLIENTS = 24
DIED = r"] (error|warning): .*(worker|died|killed|signal|reload failed|scale failed)"


class Killer:
    """Kills workers under load and counts."""

    def __init__(self, scene: Scene, load: Load) -> None:
        self.scene = scene
        self.load = load
        self.kills = 0

    def kill(self, count: int = 1, *, starting: bool = False) -> list[int]:
        """SIGKILL to so many of the workers at once, to those that start too when asked."""
        workers = self.scene.server.status()["workers"]
        pids = [w["pid"] for w in workers if w["pid"] and (starting or w["state"] == "ready")][:count]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        self.kills += len(pids)
        return pids

    def wait_answers(self, count: int = 60) -> None:
        """Waits until so many more requests have been answered."""
        self.load.wait_until(len(self.load.outcomes) + count)


def run(
    start: Starter, workers: int, act: Callable[[Killer], None], *, quick: bool = False
) -> tuple[Load, int]:
    """Acts under load; checks what became of the requests. The load and the number of kills.

    One that died with slow handlers had one executing in each thread. With quick ones a batch of answers
    may have been on its way: those had run, too. They are a few at a time, never most of what was sent.
    """
    path = "/python/count" if quick else "/python/count/slow"
    server = start(start.app("counting"), workers=workers, threads=THREADS, pool_workers=workers)
    server.log.allow(
        DIED, "the application does not start", "a worker could not start"
    )  # killed in its start
    scene = Scene(server)
    with Load(server.port, path, threads=CLIENTS) as load:
        killer = Killer(scene, load)
        killer.wait_answers()
        act(killer)
        killer.wait_answers(20)
    assert set(load.results()) <= {200, 502}, load.results()
    lost = load.keys(lambda result: result == 502)
    assert len(lost) <= killer.kills * (CLIENTS // 2 if quick else THREADS)
    executed = scene.executions()
    assert set(executed.values()) == {1}, executed.most_common(3)
    assert load.keys(lambda result: result == 200) <= set(executed)
    # A death may fall between the ledger's entry and the handler's first line.
    assert len(lost - set(executed)) <= killer.kills * THREADS
    assert set(executed) <= {outcome.key for outcome in load.outcomes}
    return load, killer.kills


def describe(load: Load) -> str:
    """The outcomes in a few words."""
    results = load.results()
    return f"{results[200]} answered 200 and ran once, {results[502]} that ran answered 502"


@pytest.mark.parametrize("workers", [2, pytest.param(3, marks=pytest.mark.long)])
def test_kills_in_a_row(start: Starter, workers: int, chaos_row: Rows) -> None:
    """Each as soon as requests are answered again: a successor may die in its start."""

    def act(killer: Killer) -> None:
        for _ in range(4):
            killer.kill(starting=True)
            killer.wait_answers()

    load, kills = run(start, workers, act)
    chaos_row.record(f"{kills} kills in a row, {workers} workers", describe(load), lost=load.results()[502])


def test_all_workers_killed_at_once(start: Starter, chaos_row: Rows) -> None:
    """Twice; requests wait for the successors."""
    seconds = 0.0

    def act(killer: Killer) -> None:
        nonlocal seconds
        for _ in range(2):
            began = time.monotonic()
            assert len(killer.kill(count=2)) == 2
            wait_for(lambda: len(killer.scene.server.worker_pids()) == 2, "both are replaced")
            seconds = max(seconds, time.monotonic() - began)
            killer.wait_answers()

    load, kills = run(start, 2, act)
    lost = load.results()[502]
    chaos_row.record(f"{kills} kills, all workers at once", describe(load), seconds, lost)


def test_kills_during_reloads(start: Starter, chaos_row: Rows) -> None:
    """Old workers and new ones: a reload may fail for it, the requests do not."""

    def act(killer: Killer) -> None:
        for _ in range(4):
            reload = Command(killer.scene.server, "reload")
            killer.kill(starting=True)
            killer.wait_answers(30)
            killer.kill()
            assert reload.done().returncode in (0, 8)
            killer.wait_answers(30)

    load, kills = run(start, 2, act)
    chaos_row.record(f"{kills} kills during 4 reloads", describe(load), lost=load.results()[502])


def test_kills_while_the_number_of_workers_changes(start: Starter, chaos_row: Rows) -> None:
    """Those that drain are killed, too."""

    def act(killer: Killer) -> None:
        for count in (3, 2, 1, 3):  # one more death in a row would be a crash loop
            scale = Command(killer.scene.server, "scale", str(count))
            killer.wait_answers(10)
            killer.kill(starting=True)
            assert scale.done().returncode in (0, 8)
            killer.wait_answers(30)

    load, kills = run(start, 2, act)
    chaos_row.record(f"{kills} kills during 5 scales", describe(load), lost=load.results()[502])


def test_kills_while_batches_are_dispatched(start: Starter, chaos_row: Rows) -> None:
    """Quick handlers: whole batches are dispatched and not started when the worker dies."""

    def act(killer: Killer) -> None:
        for _ in range(4):
            killer.kill()
            killer.wait_answers(200)

    load, kills = run(start, 2, act, quick=True)
    chaos_row.record(f"{kills} kills, batches dispatched", describe(load), lost=load.results()[502])
