"""A handler that blocks the event loop of its worker: coroutines that wait behind it run elsewhere."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.chaos import Rows
from harness.server import Server
from harness.starter import Starter
from harness.waiting import wait_for

pytestmark = pytest.mark.chaos

SOURCE = """
import asyncio, os, time
from pathlib import Path
from typhon import route

HERE = Path(__file__).resolve().parent

@route("/python/block")
async def block(request):
    HERE.with_suffix(".blocks").touch()
    while not HERE.with_suffix(".release").exists():
        time.sleep(0.01)
    return {"pid": os.getpid()}

@route("/python/ok")
async def ok(request):
    with HERE.with_suffix(".executions").open("a") as file:
        file.write(request.query_params["key"] + "\\n")
    await asyncio.sleep(0)
    return {"pid": os.getpid()}
"""
TOGETHER = 20


def timed_get(server: Server, number: int) -> tuple[float, int, int]:
    """Seconds, status and the worker that answered."""
    began = time.monotonic()
    answer = server.client.get(f"/python/ok?key={number}")
    return time.monotonic() - began, answer.status_code, answer.json()["pid"]


def test_what_waits_for_a_blocked_event_loop_runs_in_another_worker(start: Starter, chaos_row: Rows) -> None:
    """All of them arrive at once, so that half of them were given to the worker whose loop is blocked."""
    server = start(start.app(loops=SOURCE), workers=2)
    assert server.client.get("/python/ok?key=first").status_code == 200
    with ThreadPoolExecutor(TOGETHER + 1) as clients:
        blocking = clients.submit(server.client.get, "/python/block")
        wait_for(server.app.with_suffix(".blocks").exists, "a loop is blocked")
        answers = list(clients.map(timed_get, [server] * TOGETHER, range(TOGETHER)))
        server.app.with_suffix(".release").touch()
        blocked = blocking.result().json()["pid"]
    assert {status for _, status, _ in answers} == {200}
    assert blocked not in {pid for _, _, pid in answers}
    slowest = max(seconds for seconds, _, _ in answers)
    assert slowest < 2
    executed = Counter(server.app.with_suffix(".executions").read_text().split())
    assert set(executed.values()) == {1}
    assert len(executed) == TOGETHER + 1
    chaos_row.record("event loop blocked, coroutines wait behind", "all answered by another worker", slowest)


def test_one_worker_alone_keeps_what_waits(start: Starter) -> None:
    server = start(start.app(loops=SOURCE))
    with ThreadPoolExecutor(6) as clients:
        blocking = clients.submit(server.client.get, "/python/block")
        wait_for(server.app.with_suffix(".blocks").exists, "its loop is blocked")
        waiting = [clients.submit(timed_get, server, number) for number in range(5)]
        wait_for(lambda: server.status()["workers"][0]["in_flight"] == 6, "all have arrived")
        server.app.with_suffix(".release").touch()
        assert blocking.result().status_code == 200
        assert {future.result()[1] for future in waiting} == {200}
