"""Python cannot slow, block or crash the native side."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from harness.load import Load
from harness.starter import Starter
from harness.waiting import PATIENCE, wait_for


def test_native_routes_answer_while_every_thread_is_held(start: Starter) -> None:
    server = start(start.app("counting"), threads=2)
    executions = Path(f"{server.app}.executions")
    with Load(server.port, "/python/hold", threads=6, each=1) as load:
        wait_for(
            lambda: executions.exists() and len(executions.read_text().split()) == 2, "both threads are held"
        )
        for _ in range(50):
            assert server.client.get("/native/hello").status_code == 200
            assert server.client.get("/-/healthy").status_code == 200
        assert len(executions.read_text().split()) == 2
        executions.with_suffix(".release").touch()
    assert load.results() == {200: 6}


def test_workers_and_pools_give_way_to_the_gateway(start: Starter) -> None:
    """--worker-nice is added to the niceness of what may be slow: back threads and pool. The two front
    threads, which hold the socket and run quick handlers, keep the priority of the gateway."""
    server = start(worker_nice=3, threads=4)
    (worker,) = server.status()["workers"]
    own = os.getpriority(os.PRIO_PROCESS, server.pid)
    lower = min(own + 3, 19)
    niceness = thread_niceness(worker["pid"])
    assert [niceness[f"typhon-{number}"] for number in range(6)] == [own, own, lower, lower, lower, lower]
    assert niceness["typhon-worker"] == lower
    assert {os.getpriority(os.PRIO_PROCESS, pid) for pid in worker["pool_pids"]} == {lower}


def thread_niceness(pid: int) -> dict[str, int]:
    """The niceness of each thread by its name."""
    tasks = list(Path(f"/proc/{pid}/task").iterdir())
    return {
        (task / "comm").read_text().strip(): os.getpriority(os.PRIO_PROCESS, int(task.name)) for task in tasks
    }


def test_a_full_queue_is_a_503_with_retry_after(start: Starter) -> None:
    server = start(start.app("counting"), threads=1, queue=4)
    executions = Path(f"{server.app}.executions")
    with Load(server.port, "/python/hold", threads=24, each=1) as load:
        wait_for(lambda: load.results()[503] > 0, "the queue is full")
        assert server.client.get("/native/hello").status_code == 200
        executions.with_suffix(".release").touch()
    assert set(load.results()) == {200, 503}
    assert all(outcome.retry_after for outcome in load.outcomes if outcome.result == 503)
    executed = executions.read_text().split()
    assert sorted(executed) == sorted(load.keys(lambda result: result == 200))


def test_a_slow_handler_does_not_hold_quick_ones_up(start: Starter) -> None:
    server = start(start.app("counting"), threads=4)
    executions = Path(f"{server.app}.executions")
    held = threading.Thread(target=lambda: server.client.post("/python/hold?key=held"), daemon=True)
    held.start()
    wait_for(executions.exists, "one thread is held")
    started = time.monotonic()
    for number in range(50):
        assert server.client.post(f"/python/count?key={number}").status_code == 200
    assert time.monotonic() - started < 5 * PATIENCE
    executions.with_suffix(".release").touch()
    held.join(10)
    assert not held.is_alive()
