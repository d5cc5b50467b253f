"""The gateway's part of the kill matrix (harness/matrix.py)."""

from __future__ import annotations

import time
from signal import SIGABRT, SIGCONT, SIGINT, SIGKILL, SIGSEGV, SIGSTOP, SIGTERM, Signals

import pytest

from harness import processes
from harness.chaos import Rows
from harness.load import LOST, Load
from harness.matrix import IN_FLIGHT, THREADS, answers, begin, cells
from harness.scene import Command, Hold, Scene
from harness.server import Server
from harness.starter import Starter
from harness.waiting import wait_for

pytestmark = pytest.mark.chaos

NOT_RUNNING, COMMAND_FAILED = 3, 8


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
