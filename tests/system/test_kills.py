"""Processes that are killed in situations that the kill matrix does not have."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from pathlib import Path

import pytest

from harness import processes
from harness.load import Load
from harness.raw import exchange
from harness.starter import Starter
from harness.waiting import wait_for

pytestmark = pytest.mark.chaos

DIED = r"] (error|warning): .*(worker|died|killed|signal)"


def test_a_request_that_runs_when_its_worker_dies_is_a_502_at_once(start: Starter) -> None:
    server = start(start.app("counting"))
    server.log.allow(DIED)
    executions = Path(f"{server.app}.executions")
    with Load(server.port, "/python/hold", threads=1, each=1) as load:
        wait_for(executions.exists, "the handler runs")
        os.kill(server.worker_pids()[0], signal.SIGKILL)
        load.wait_until(1)
    assert load.results() == {502: 1}
    assert server.client.post("/python/count?key=next").status_code == 200
    assert executions.read_text().split() == ["0-0", "next"]


def test_requests_wait_while_the_only_worker_is_replaced(start: Starter) -> None:
    server = start(start.app("counting"))
    server.log.allow(DIED)
    os.kill(server.worker_pids()[0], signal.SIGKILL)
    assert server.client.post("/python/count?key=a").status_code == 200
    assert server.client.get("/native/hello").status_code == 200


def test_a_killed_worker_takes_its_pool_with_it(start: Starter) -> None:
    server = start(pool_workers=2)
    server.log.allow(DIED)
    (worker,) = server.status()["workers"]
    assert len(worker["pool_pids"]) == 2
    os.kill(worker["pid"], signal.SIGKILL)
    wait_for(lambda: not any(processes.is_alive(pid) for pid in worker["pool_pids"]), "the pool is gone", 3)
    wait_for(lambda: server.worker_pids() not in ([], [worker["pid"]]), "a new worker")
    assert server.client.get("/python/pool/squares?numbers=2").json() == {"squares": [4]}
    assert server.status()["workers"][0]["restarts"] == 1


def test_a_killed_gateway_takes_busy_workers_with_it(start: Starter) -> None:
    """Handlers that spin with the GIL and pool tasks that sleep do not hold the workers up."""
    app = start.app(
        busy="from typhon import route\n@route('/python/spin')\ndef spin(request):\n    while True: pass\n",
        pool_workers="",
    )
    server = start(app)
    thread = threading.Thread(target=lambda: _ignore(server.port), daemon=True)
    thread.start()
    wait_for(lambda: server.status()["workers"][0]["in_flight"] == 1, "the handler spins")
    server.process.kill()
    server.wait_exit()
    wait_for(lambda: not processes.marked(server.mark), "no process is left", 3)
    thread.join(10)
    start.forget(server)


def _ignore(port: int) -> None:
    with contextlib.suppress(OSError):
        exchange(port, "GET /python/spin HTTP/1.1\r\nHost: x\r\n\r\n")


def test_a_killed_pool_process_fails_its_task_alone(start: Starter) -> None:
    server = start(pool_workers=1)
    server.log.allow(r"^\[error\] request .*PoolProcessDied")
    (child,) = server.status()["workers"][0]["pool_pids"]
    answers: list[int] = []
    thread = threading.Thread(
        target=lambda: answers.append(server.client.get("/python/pool/slow?duration=10").status_code),
        daemon=True,
    )
    thread.start()
    wait_for(lambda: server.status()["workers"][0]["in_flight"] == 1, "the task runs")
    os.kill(child, signal.SIGKILL)
    thread.join(20)
    assert answers == [502]
    assert server.client.get("/python/pool/squares?numbers=3").json() == {"squares": [9]}
    assert server.status()["workers"][0]["restarts"] == 0
