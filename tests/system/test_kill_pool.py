"""The pool process's part of the kill matrix (harness/matrix.py)."""

from __future__ import annotations

import time
from signal import SIGKILL, SIGSTOP, SIGTERM, Signals

import pytest

from harness import processes
from harness.chaos import Rows
from harness.load import Load
from harness.matrix import ASKING, EXPECTED, FATAL, IN_FLIGHT, answers, begin, cells, pool_of
from harness.scene import Command, Hold, NativeProbe, Scene, kill
from harness.starter import Starter
from harness.waiting import wait_for

pytestmark = pytest.mark.chaos


@cells(FATAL, in_make_test=(SIGKILL,))
def test_pool_process_idle(start: Starter, number: Signals, chaos_row: Rows) -> None:
    """The pool is whole again for the next requests; the worker is the same."""
    scene = begin(start, workers=1)
    server = scene.server
    (worker,), pool = server.worker_pids(), pool_of(server)
    with NativeProbe(server.port):
        began = kill(pool[0], number)
        wait_for(lambda: not processes.is_alive(pool[0]), "it is dead", 5)
        answers(server, "/python/pool/count")
        recovery = time.monotonic() - began
    assert server.worker_pids() == [worker]
    chaos_row.record(f"pool process {number.name}, idle", "replaced, all answered 200", recovery)


@cells(FATAL, in_make_test=(SIGKILL,))
def test_pool_process_with_50_requests_in_flight(start: Starter, number: Signals, chaos_row: Rows) -> None:
    """One request gets one clear error within 1 s, the others run, once."""
    scene = begin(start)
    server = scene.server
    workers = server.worker_pids()
    with NativeProbe(server.port), Load(server.port, "/python/pool/hold", threads=IN_FLIGHT, each=1) as load:
        scene.wait_running(2)
        began = kill(pool_of(server)[0], number)
        wait_for(lambda: load.outcomes, "502 within 1 s", 1)
        wait_for(lambda: scene.executions().total() == 3, "the pool is whole again")
        recovery = time.monotonic() - began
        scene.release()
    assert load.results() == {200: IN_FLIGHT - 1, 502: 1}
    assert b"pool process died" in next(o.body for o in load.outcomes if o.result == 502)
    scene.check_counts(load)
    assert server.worker_pids() == workers
    outcome = f"{IN_FLIGHT - 1} answered 200, the one that ran 502"
    chaos_row.record(f"pool process {number.name}, {IN_FLIGHT} in flight", outcome, recovery, 1)


@cells(FATAL, in_make_test=(SIGKILL,))
def test_pool_process_during_a_reload(start: Starter, number: Signals, chaos_row: Rows) -> None:
    scene = begin(start, workers=1)
    server = scene.server
    with NativeProbe(server.port), Hold(server.app) as hold:
        reload = Command(server, "reload")
        scene.wait_importing(1)
        victim = pool_of(server)[0]
        began = kill(victim, number)
        wait_for(lambda: not processes.is_alive(victim), "it is dead", 5)
        answers(server, "/python/pool/count")
        recovery = time.monotonic() - began
        hold.end()
        assert reload.done().returncode == 0
    answers(server, "/python/pool/count")
    chaos_row.record(f"pool process {number.name}, during a reload", "reload succeeds, all 200", recovery)


@cells(FATAL, in_make_test=(SIGKILL,))
def test_pool_process_during_the_start(start: Starter, number: Signals, chaos_row: Rows) -> None:
    """The worker does not become ready without it: the start is tried again and the status says why."""
    app = start.app("counting")
    with Hold(app, "pool") as hold:
        server = start.launch(app, workers=1, pool_workers=2)
        server.log.allow(*EXPECTED, "could not start", "PoolStartError", r"^Traceback")
        victim = Scene(server).wait_importing(2)[0]
        with NativeProbe(server.port):
            began = kill(victim, number)
            hold.end()
            wait_for(lambda: server.worker_pids(), "a worker is ready", 20)
            recovery = time.monotonic() - began
    answers(server, "/python/pool/count")
    chaos_row.record(f"pool process {number.name}, during the start", "start is tried again", recovery)


@cells(ASKING, in_make_test=(SIGTERM,))
@pytest.mark.parametrize("situation", ["idle", "50 in flight", "during a reload"])
def test_pool_process_asked_to_end(start: Starter, number: Signals, situation: str, chaos_row: Rows) -> None:
    """Its worker ends it: no task is disturbed, and the processes stay the same."""
    scene = begin(start)
    server = scene.server
    pool = pool_of(server)
    held = IN_FLIGHT if situation == "50 in flight" else 0
    with NativeProbe(server.port), Load(server.port, "/python/pool/hold", threads=held, each=1) as load:
        scene.wait_running(2 if held else 0)
        with Hold(server.app):
            reload = Command(server, "reload") if situation == "during a reload" else None
            if reload:
                scene.wait_importing(2)
            for pid in pool:
                kill(pid, number)
            scene.release()
            answers(server, "/python/pool/count")
            assert sorted(pool_of(server)[: len(pool)]) == sorted(pool)
        assert not reload or reload.done().returncode == 0
    assert load.results() == ({200: held} if held else {})
    chaos_row.record(f"pool process {number.name}, {situation}", "ignored, all answered 200")


@cells(ASKING, in_make_test=(SIGTERM,))
def test_pool_process_asked_to_end_during_the_start(start: Starter, number: Signals, chaos_row: Rows) -> None:
    app = start.app("counting")
    with Hold(app, "pool") as hold:
        server = start.launch(app, workers=1, pool_workers=2)
        pool = Scene(server).wait_importing(2)
        for pid in pool:
            kill(pid, number)
        hold.end()
        server.wait_ready()
    assert sorted(pool_of(server)) == sorted(pool)
    answers(server, "/python/pool/count")
    chaos_row.record(f"pool process {number.name}, during the start", "ignored")


def test_pool_process_stopped_while_idle(start: Starter, chaos_row: Rows) -> None:
    """The first task that it gets is answered 504 at its deadline; then the pool is whole again."""
    scene = begin(start, workers=1, request_timeout="2s")
    server = scene.server
    server.log.allow("PoolTimeoutError")
    pool = pool_of(server)
    with NativeProbe(server.port), Load(server.port, "/python/pool/count", threads=8, each=4) as load:
        began = kill(pool[0], SIGSTOP)
    assert load.results()[504] <= 1
    assert set(load.results()) <= {200, 504}
    if load.results()[504]:
        wait_for(lambda: len(pids := pool_of(server)) == 2 and pool[0] not in pids, "it is replaced")
    recovery = time.monotonic() - began
    answers(server, "/python/pool/count")
    scene.check_counts(load)
    outcome = "the one that it was given 504 at its deadline, others 200"
    chaos_row.record("pool process SIGSTOP, idle", outcome, recovery, load.results()[504])


def test_pool_process_stopped_with_50_requests_in_flight(start: Starter, chaos_row: Rows) -> None:
    """Its task is answered 504 at the deadline, all others run in the other process meanwhile."""
    scene = begin(start, workers=1, request_timeout="3s")
    server = scene.server
    server.log.allow("PoolTimeoutError")
    pool = pool_of(server)
    with NativeProbe(server.port), Load(server.port, "/python/pool/hold", threads=IN_FLIGHT, each=1) as load:
        scene.wait_running(2)
        began = kill(pool[0], SIGSTOP)
        scene.release()
        load.wait_until(IN_FLIGHT)
        took = time.monotonic() - began
    assert load.results() == {200: IN_FLIGHT - 1, 504: 1}
    assert took < 4.5
    wait_for(lambda: len(pids := pool_of(server)) == 2 and pool[0] not in pids, "the pool is whole again", 5)
    recovery = time.monotonic() - began
    answers(server, "/python/pool/count")
    scene.check_counts(load)
    outcome = f"{IN_FLIGHT - 1} answered 200, the one that ran 504 at its deadline"
    chaos_row.record(f"pool process SIGSTOP, {IN_FLIGHT} in flight", outcome, recovery, 1)


@pytest.mark.long
def test_pool_process_stopped_during_a_reload(start: Starter, chaos_row: Rows) -> None:
    """The reload succeeds; the old worker kills it when it does not end within 5 s."""
    scene = begin(start, workers=1)
    server = scene.server
    (old,) = server.worker_pids()
    with NativeProbe(server.port), Hold(server.app) as hold:
        reload = Command(server, "reload")
        scene.wait_importing(1)
        victim = pool_of(server)[0]
        began = kill(victim, SIGSTOP)
        hold.end()
        assert reload.done().returncode == 0
        answers(server, "/python/pool/count")
        wait_for(lambda: not processes.is_alive(victim) and not processes.is_alive(old), "both are gone")
        recovery = time.monotonic() - began
    chaos_row.record("pool process SIGSTOP, during a reload", "reload succeeds, all 200", recovery)


@pytest.mark.long
def test_pool_process_stopped_during_the_start(start: Starter, chaos_row: Rows) -> None:
    """The worker is not ready in time, is replaced, and the status says why."""
    app = start.app("counting")
    with Hold(app, "pool") as hold:
        server = start.launch(app, workers=1, pool_workers=2, start_timeout="3s")
        server.log.allow(*EXPECTED, "could not start")
        victim = Scene(server).wait_importing(2)[0]
        with NativeProbe(server.port):
            began = kill(victim, SIGSTOP)
            hold.end()
            server.wait_state("failed")
            assert "not ready within" in server.status()["last_error"]
            wait_for(lambda: server.worker_pids(), "a worker is ready", 20)
            recovery = time.monotonic() - began
    answers(server, "/python/pool/count")
    chaos_row.record("pool process SIGSTOP, during the start", "start is tried again", recovery)
