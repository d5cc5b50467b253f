"""The worker's part of the kill matrix (harness/matrix.py)."""

from __future__ import annotations

import time
from signal import SIGINT, SIGKILL, SIGSTOP, SIGTERM, Signals

import pytest

from harness import processes
from harness.chaos import Rows
from harness.load import Load
from harness.matrix import ASKING, EXPECTED, FATAL, IN_FLIGHT, THREADS, answers, begin, cells
from harness.scene import Command, Hold, NativeProbe, Scene, kill
from harness.starter import Starter
from harness.waiting import wait_for

pytestmark = pytest.mark.chaos

COMMAND_FAILED = 8


@cells((*FATAL, SIGSTOP, *ASKING), in_make_test=(SIGTERM, SIGKILL, SIGSTOP))
def test_worker_idle(start: Starter, number: Signals, chaos_row: Rows) -> None:
    """It is replaced, stopped ones when their silence is noticed; requests are answered all the while."""
    scene = begin(start)
    server = scene.server
    victim = server.worker_pids()[0]
    pool = next(w["pool_pids"] for w in server.status()["workers"] if w["pid"] == victim)
    with NativeProbe(server.port):
        began = kill(victim, number)
        answers(server, "/python/count")
        scene.wait_replaced(victim)
        recovery = time.monotonic() - began
    wait_for(lambda: not any(map(processes.is_alive, pool)), "its pool is gone", 3)
    chaos_row.record(f"worker {number.name}, idle", "replaced, all answered 200", recovery)


@cells((*FATAL, SIGSTOP), in_make_test=(SIGKILL,))
def test_worker_with_50_requests_in_flight(start: Starter, number: Signals, chaos_row: Rows) -> None:
    """Its running requests are answered 502 within 1 s of its death (a stopped one is killed when it has
    been silent for 3 s); all others run, once, on the other worker and on its successor."""
    scene = begin(start)
    server = scene.server
    silent = 5.0 if number == SIGSTOP else 0.0
    with NativeProbe(server.port), Load(server.port, "/python/hold", threads=IN_FLIGHT, each=1) as load:
        scene.wait_running(2 * THREADS)
        victim = server.worker_pids()[0]
        began = kill(victim, number)
        wait_for(lambda: len(load.outcomes) == THREADS, "502 within 1 s", 1 + silent)
        assert load.results() == {502: THREADS}
        scene.wait_replaced(victim)
        recovery = time.monotonic() - began
        scene.wait_running(3 * THREADS)
        scene.release()
    assert load.results() == {200: IN_FLIGHT - THREADS, 502: THREADS}
    scene.check_counts(load)
    assert scene.executions().total() == IN_FLIGHT
    outcome = f"{IN_FLIGHT - THREADS} answered 200, {THREADS} that ran answered 502"
    chaos_row.record(f"worker {number.name}, {IN_FLIGHT} in flight", outcome, recovery, THREADS)


@cells((*FATAL, SIGSTOP), in_make_test=(SIGKILL,))
def test_worker_during_a_reload(start: Starter, number: Signals, chaos_row: Rows) -> None:
    """One of those that serve: the reload goes on, and only what ran there is lost."""
    scene = begin(start)
    server = scene.server
    with NativeProbe(server.port), Load(server.port, "/python/count/slow", threads=8) as load:
        with Hold(server.app):
            reload = Command(server, "reload")
            scene.wait_importing(2)
            victim = server.worker_pids()[0]
            began = kill(victim, number)
            wait_for(lambda: not processes.is_alive(victim), "it is dead", 5)
            load.wait_until(len(load.outcomes) + 50)
        assert reload.done().returncode == 0
        scene.wait_replaced(victim)
        recovery = time.monotonic() - began
    lost = load.results()[502]
    assert set(load.results()) <= {200, 502}
    assert lost <= THREADS
    scene.check_counts(load)
    outcome = "reload succeeds, what ran there answered 502"
    chaos_row.record(f"worker {number.name}, during a reload", outcome, recovery, lost)


@cells((*FATAL, SIGSTOP, SIGTERM), in_make_test=(SIGKILL,))
def test_new_worker_of_a_reload(start: Starter, number: Signals, chaos_row: Rows) -> None:
    """The reload fails and says why, the old ones serve on, no request is lost; the next reload works."""
    scene = begin(start, start_timeout="4s")
    server = scene.server
    old = server.worker_pids()
    with NativeProbe(server.port), Load(server.port, "/python/count/slow", threads=8) as load:
        with Hold(server.app):
            reload = Command(server, "reload")
            began = kill(scene.wait_importing(2)[0], number)
            done = reload.done()
            recovery = time.monotonic() - began
        assert done.returncode == COMMAND_FAILED
        assert ("not ready within" if number == SIGSTOP else number.name) in done.stderr
        assert server.worker_pids() == old
        assert server.reload().returncode == 0
    assert set(load.results()) == {200}
    scene.check_counts(load)
    chaos_row.record(f"new worker {number.name}, during a reload", "reload fails, old ones serve", recovery)


@cells((*FATAL, SIGSTOP, SIGTERM), in_make_test=(SIGKILL,))
def test_worker_during_the_start(start: Starter, number: Signals, chaos_row: Rows) -> None:
    """Requests that wait for it are answered by those that start."""
    app = start.app("counting")
    with Hold(app) as hold:
        server = start.launch(app, workers=2, threads=THREADS, pool_workers=2, start_timeout="4s")
        server.log.allow(*EXPECTED)
        scene = Scene(server)
        victim = scene.wait_importing(2)[0]
        with NativeProbe(server.port), Load(server.port, "/python/count", threads=8, each=1) as load:
            began = kill(victim, number)
            if number != SIGSTOP:
                scene.wait_importing(3)
            hold.end()
        server.wait_ready(2)
        recovery = time.monotonic() - began
    assert load.results() == {200: 8}
    scene.check_counts(load)
    chaos_row.record(f"worker {number.name}, during the start", "replaced, all answered 200", recovery)


@cells(ASKING, in_make_test=(SIGTERM,))
def test_worker_asked_to_end_with_50_requests_in_flight(
    start: Starter, number: Signals, chaos_row: Rows
) -> None:
    """Its successor serves beside it; it answers what it has, and ends: nothing is lost."""
    scene = begin(start)
    server = scene.server
    with NativeProbe(server.port), Load(server.port, "/python/hold", threads=IN_FLIGHT, each=1) as load:
        scene.wait_running(2 * THREADS)
        victim = server.worker_pids()[0]
        began = kill(victim, number)
        scene.wait_replaced(victim)
        recovery = time.monotonic() - began
        scene.wait_running(3 * THREADS)
        assert processes.is_alive(victim)
        assert load.outcomes == []
        scene.release()
    assert load.results() == {200: IN_FLIGHT}
    wait_for(lambda: not processes.is_alive(victim), "it has ended", 5)
    scene.check_counts(load)
    assert " died" not in server.log
    outcome = "replaced by a successor, all answered 200"
    chaos_row.record(f"worker {number.name}, {IN_FLIGHT} in flight", outcome, recovery)


def test_worker_interrupted_while_it_starts(start: Starter, chaos_row: Rows) -> None:
    """It has no request that could be lost, and is wanted."""
    app = start.app("counting")
    with Hold(app) as hold:
        server = start.launch(app, workers=2, pool_workers=2)
        starting = Scene(server).wait_importing(2)
        for pid in starting:
            kill(pid, SIGINT)
        hold.end()
        server.wait_ready(2)
    assert sorted(server.worker_pids()) == sorted(starting)
    chaos_row.record("worker SIGINT, during the start", "ignored")


@cells(ASKING, in_make_test=(SIGTERM,))
def test_worker_asked_to_end_twice(start: Starter, number: Signals, chaos_row: Rows) -> None:
    """The second signal ends it at once, as a crash does."""
    scene = begin(start, workers=1)
    with Load(scene.server.port, "/python/hold", threads=THREADS, each=1) as load:
        scene.wait_running(THREADS)
        with Hold(scene.server.app):
            victim = scene.server.worker_pids()[0]
            kill(victim, number)
            scene.wait_importing(1)
            began = kill(victim, number)
            load.wait_until(THREADS)
    assert load.results() == {502: THREADS}
    scene.wait_replaced(victim, 1)
    recovery = time.monotonic() - began
    outcome = "dies and is replaced, what ran answered 502"
    chaos_row.record(f"worker {number.name} twice", outcome, recovery, THREADS)


@cells(ASKING, in_make_test=(SIGTERM,))
def test_worker_asked_to_end_during_a_reload(start: Starter, number: Signals, chaos_row: Rows) -> None:
    """It serves until the reload is done, which replaces it: nothing is lost."""
    scene = begin(start)
    server = scene.server
    with NativeProbe(server.port), Load(server.port, "/python/count/slow", threads=8) as load:
        with Hold(server.app):
            reload = Command(server, "reload")
            scene.wait_importing(2)
            victim = server.worker_pids()[0]
            began = kill(victim, number)
            wait_for(lambda: "asked to end" in server.log, "it has heard the signal")
            load.wait_until(len(load.outcomes) + 50)
            assert victim in server.worker_pids()
        assert reload.done().returncode == 0
        scene.wait_replaced(victim)
        recovery = time.monotonic() - began
    assert set(load.results()) == {200}
    scene.check_counts(load)
    chaos_row.record(f"worker {number.name}, during a reload", "reload succeeds, all answered 200", recovery)


@pytest.mark.long
def test_worker_asked_to_end_serves_on_while_its_successor_does_not_start(
    start: Starter, chaos_row: Rows
) -> None:
    scene = begin(start, workers=1)
    server = scene.server
    server.log.allow("cannot be replaced", "^SyntaxError|^Traceback", "cannot start")
    good = (server.app / "counting.py").read_text()
    (server.app / "counting.py").write_text("def broken(:")
    (victim,) = server.worker_pids()
    kill(victim, SIGTERM)
    wait_for(lambda: "could not be replaced" in server.status()["last_error"], "the failure is told")
    answers(server, "/python/count")
    assert server.worker_pids() == [victim]
    (server.app / "counting.py").write_text(good)
    began = time.monotonic()
    scene.wait_replaced(victim, 1)
    assert server.status()["last_error"] == ""
    recovery = time.monotonic() - began
    chaos_row.record("worker SIGTERM, its successor does not start", "serves on, tried again", recovery)
