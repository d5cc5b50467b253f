"""Signals to all processes of a server at once: what systemd does by default, or a `pkill`."""

from __future__ import annotations

import contextlib
import os
import time
from signal import SIGHUP, SIGINT, SIGTERM, Signals

import pytest

from harness import processes
from harness.chaos import Rows
from harness.load import Load
from harness.matrix import IN_FLIGHT, THREADS, answers, begin, cells, pool_of
from harness.scene import Hold, Scene
from harness.server import Server
from harness.starter import Starter
from harness.waiting import wait_for

pytestmark = pytest.mark.chaos

SHARES = (("pool/", 2), ("", 24), ("pool/", 24))


def signal_all(server: Server, number: Signals) -> list[processes.Process]:
    """Gateway, workers, fork servers, trackers and pool processes, in any order; those that got it."""
    found = processes.marked(server.mark)
    for process in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)
    return found


@cells((SIGTERM, SIGINT), in_make_test=(SIGTERM,))
def test_50_requests_in_flight_are_answered(start: Starter, number: Signals, chaos_row: Rows) -> None:
    """Some run in threads, some in the pool, most wait in the queue. Exit code 0, nothing is left."""
    scene = begin(start)
    server = scene.server
    loads = [Load(server.port, f"/python/{what}hold", threads=count, each=1) for what, count in SHARES]
    with contextlib.ExitStack() as running:
        for load, count in zip(loads, (2, 2 * THREADS, 2 * THREADS), strict=True):
            running.enter_context(load)
            scene.wait_running(count)
        scene.wait_accepted(IN_FLIGHT)
        began = time.monotonic()
        # gateway, and for each worker itself, tracker, fork server and child
        assert len(signal_all(server, number)) >= 1 + 2 * 4
        wait_for(lambda: "stopping" in server.log, "the stop has begun")
        wait_for(
            lambda: server.log.text().count("asked to end by a signal: serving") == 2, "workers have heard"
        )
        scene.release()
    assert server.wait_exit() == 0, server.log.text()
    took = time.monotonic() - began
    assert [load.results() for load in loads] == [{200: count} for _, count in SHARES]
    assert scene.executions().total() == IN_FLIGHT
    assert " died" not in server.log
    server.check_nothing_left()
    outcome = "all answered 200, exit code 0"
    chaos_row.record(f"all processes {number.name}, {IN_FLIGHT} in flight", outcome, took)


@pytest.mark.parametrize("number", [SIGTERM, SIGINT], ids=["SIGTERM", "SIGINT"])
def test_in_the_start(start: Starter, number: Signals, chaos_row: Rows) -> None:
    app = start.app("counting")
    with Hold(app):
        server = start.launch(app, workers=2, pool_workers=2)
        server.log.allow("died")
        Scene(server).wait_importing(2)
        began = time.monotonic()
        signal_all(server, number)
        assert server.wait_exit() == 0, server.log.text()
        took = time.monotonic() - began
    server.check_nothing_left()
    chaos_row.record(f"all processes {number.name}, during the start", "stops, exit code 0", took)


def test_sighup_to_all_is_a_reload(start: Starter, chaos_row: Rows) -> None:
    """Workers and pool processes leave it to the gateway; none of them dies, no request is lost."""
    scene = begin(start)
    server = scene.server
    before = set(server.worker_pids()), set(pool_of(server))
    with Load(server.port, "/python/count/slow", threads=8) as load:
        signal_all(server, SIGHUP)
        wait_for(lambda: not before[0] & set(server.worker_pids()), "the workers are new")
        server.wait_ready(2)
        load.wait_until(len(load.outcomes) + 50)
    assert set(load.results()) == {200}
    answers(server, "/python/pool/count")
    assert " died" not in server.log
    chaos_row.record("all processes SIGHUP", "a reload, all answered 200")
