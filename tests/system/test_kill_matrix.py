"""The kill matrix: worker, pool process and gateway; six signals; idle, 50 requests in flight, during a
reload, during the start.

Each request that was sent has exactly one outcome, and nothing runs twice. Native routes do not notice what
befalls worker and pool. `start` checks that no process, zombie or file is left.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from signal import SIGABRT, SIGCONT, SIGINT, SIGKILL, SIGSEGV, SIGSTOP, SIGTERM, Signals
from typing import Any

import pytest

from harness import processes
from harness.chaos import Rows
from harness.load import LOST, Load
from harness.scene import Command, Hold, NativeProbe, Scene, kill
from harness.server import Server
from harness.starter import Starter
from harness.waiting import wait_for

pytestmark = pytest.mark.chaos

IN_FLIGHT = 50
THREADS = 4
NOT_RUNNING, COMMAND_FAILED = 3, 8
FATAL = (SIGTERM, SIGKILL, SIGSEGV, SIGABRT)
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


# ---- worker ----


@cells((*FATAL, SIGSTOP), in_make_test=(SIGTERM, SIGKILL, SIGSTOP))
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


def test_worker_interrupted(start: Starter, chaos_row: Rows) -> None:
    """Ctrl-C is the gateway's to handle."""
    scene = begin(start)
    pids = scene.server.worker_pids()
    for pid in pids:
        os.kill(pid, SIGINT)
    answers(scene.server, "/python/count", 40)
    assert scene.server.worker_pids() == pids
    chaos_row.record("worker SIGINT, any time", "ignored")


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


@cells((*FATAL, SIGSTOP), in_make_test=(SIGKILL,))
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


@cells((*FATAL, SIGSTOP), in_make_test=(SIGKILL,))
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


# ---- pool process ----


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


@pytest.mark.parametrize("number", [SIGINT])
def test_pool_process_interrupted(start: Starter, number: Signals, chaos_row: Rows) -> None:
    """Ctrl-C is the gateway's to handle: the task that runs is not disturbed."""
    scene = begin(start)
    pool = pool_of(scene.server)
    with Load(scene.server.port, "/python/pool/hold", threads=2, each=1) as load:
        scene.wait_running(2)
        for pid in pool:
            os.kill(pid, number)
        scene.release()
    assert load.results() == {200: 2}
    assert sorted(pool_of(scene.server)) == sorted(pool)
    chaos_row.record("pool process SIGINT, any time", "ignored")


# ---- gateway ----


def ends(start: Starter, server: Server, number: Signals) -> float:
    """Waits for what the signal means to the gateway, and that nothing of it is left; the seconds.

    TERM and INT are a graceful stop with exit code 0. KILL, SEGV and ABRT end it: workers and pool
    processes are gone within 3 s, and only its run directory is left, which its next start cleans.
    """
    began = time.monotonic()
    if number in (SIGTERM, SIGINT):
        assert server.wait_exit() == 0, server.log.text()
        server.check_nothing_left()
        return time.monotonic() - began
    assert server.wait_exit() == -number
    wait_for(lambda: not processes.marked(server.mark), "no process is left", 3)
    took = time.monotonic() - began
    wait_for(lambda: not list(server.temporary.iterdir()), "no temporary file is left", 3)
    start.forget(server)
    return took


ENDING = (SIGTERM, SIGINT, SIGKILL, SIGSEGV, SIGABRT)


@cells(ENDING, in_make_test=(SIGTERM, SIGKILL))
def test_gateway_idle(start: Starter, number: Signals, chaos_row: Rows) -> None:
    scene = begin(start)
    scene.server.signal(number)
    took = ends(start, scene.server, number)
    chaos_row.record(f"gateway {number.name}, idle", meaning(number), took)


@cells(ENDING, in_make_test=(SIGTERM, SIGKILL))
def test_gateway_with_50_requests_in_flight(start: Starter, number: Signals, chaos_row: Rows) -> None:
    """A graceful stop answers all of them; else each connection breaks, and what did not run never will."""
    scene = begin(start)
    server = scene.server
    with Load(server.port, "/python/hold", threads=IN_FLIGHT, each=1) as load:
        scene.wait_running(2 * THREADS)
        scene.wait_accepted(IN_FLIGHT)
        server.signal(number)
        if number in (SIGTERM, SIGINT):
            wait_for(lambda: "stopping" in server.log, "the stop has begun")
            scene.release()
    took = ends(start, server, number)
    graceful = number in (SIGTERM, SIGINT)
    assert load.results() == ({200: IN_FLIGHT} if graceful else {LOST: IN_FLIGHT})
    assert set(scene.executions().values()) == {1}
    assert scene.executions().total() == (IN_FLIGHT if graceful else 2 * THREADS)
    outcome = "all answered 200, exit code 0" if graceful else "connections break, nothing is left"
    lost = 0 if graceful else IN_FLIGHT
    chaos_row.record(f"gateway {number.name}, {IN_FLIGHT} in flight", outcome, took, lost)


@cells(ENDING, in_make_test=(SIGTERM, SIGKILL))
def test_gateway_during_a_reload(start: Starter, number: Signals, chaos_row: Rows) -> None:
    """Whoever waits for the reload hears of it."""
    scene = begin(start)
    server = scene.server
    with Hold(server.app):
        reload = Command(server, "reload")
        scene.wait_importing(2)
        server.signal(number)
        took = ends(start, server, number)
        done = reload.done()
    assert done.returncode in (NOT_RUNNING, COMMAND_FAILED)
    assert done.stderr.strip()
    chaos_row.record(f"gateway {number.name}, during a reload", meaning(number), took)


@cells(ENDING, in_make_test=(SIGTERM, SIGKILL))
def test_gateway_during_the_start(start: Starter, number: Signals, chaos_row: Rows) -> None:
    app = start.app("counting")
    with Hold(app):
        server = start.launch(app, workers=2, pool_workers=2)
        Scene(server).wait_importing(2)
        server.signal(number)
        took = ends(start, server, number)
    chaos_row.record(f"gateway {number.name}, during the start", meaning(number), took)


def meaning(number: Signals) -> str:
    """Of a signal to the gateway."""
    return "stops, exit code 0" if number in (SIGTERM, SIGINT) else "gone, nothing is left"


def pause(server: Server, seconds: float) -> None:
    """SIGSTOP, and SIGCONT when its workers have been silent to it for longer than they may."""
    server.signal(SIGSTOP)
    end = time.monotonic() + seconds
    wait_for(lambda: time.monotonic() > end, "the pause is over")
    server.signal(SIGCONT)


@pytest.mark.parametrize(
    "situation", ["idle", pytest.param("in flight", marks=pytest.mark.long), "during a reload"]
)
def test_gateway_that_was_stopped_goes_on_with_its_workers(
    start: Starter, situation: str, chaos_row: Rows
) -> None:
    """A pause of the gateway is not taken for a silence of its workers."""
    scene = begin(start)
    server = scene.server
    pids = server.worker_pids()
    held = 2 * THREADS if situation == "in flight" else 0
    with Load(server.port, "/python/hold", threads=held, each=1) as load:
        scene.wait_running(held)
        with Hold(server.app) as hold:
            reload = Command(server, "reload") if situation == "during a reload" else None
            if reload:
                scene.wait_importing(2)
            pause(server, 4.0)
            began = time.monotonic()
            if held:
                assert server.client.get("/native/hello").status_code == 200
            else:
                answers(server, "/python/count")
            recovery = time.monotonic() - began
            assert server.worker_pids()[:2] == pids
            hold.end()
        assert not reload or reload.done().returncode == 0
        scene.release()
    assert load.results() == ({200: held} if held else {})
    assert "silent" not in server.log
    chaos_row.record(f"gateway SIGSTOP and SIGCONT, {situation}", "goes on, no worker is killed", recovery)


def test_gateway_that_was_stopped_in_its_start_goes_on(start: Starter, chaos_row: Rows) -> None:
    app = start.app("counting")
    with Hold(app) as hold:
        server = start.launch(app, workers=2, silent_timeout="3s")
        Scene(server).wait_importing(2)
        pause(server, 4.0)
        hold.end()
    server.wait_ready(2)
    assert [worker["restarts"] for worker in server.status()["workers"]] == [0, 0]
    chaos_row.record("gateway SIGSTOP and SIGCONT, during the start", "goes on, no worker is killed")
