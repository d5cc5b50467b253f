"""What goes wrong in the process pool: one clear error for one request, and the next request works."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import processes
from harness.server import Server
from harness.starter import Starter
from harness.waiting import wait_for

FAULT_LINE = r"^\[error\] request |^Traceback "


@pytest.fixture
def server(start: Starter) -> Iterator[Server]:
    """Two pool processes; whatever a task does, the worker lives."""
    made = start(start.app("pool_faults"), pool_workers=2)
    made.log.allow(FAULT_LINE)
    workers = made.worker_pids()
    yield made
    wait_for(lambda: len(pool_pids(made)) == 2, "both pool processes")
    assert made.client.get("/python/square/12").text == "144"
    assert made.worker_pids() == workers


def pool_pids(server: Server) -> list[int]:
    (worker,) = server.status()["workers"]
    pids: list[int] = worker["pool_pids"]
    return pids


FAULTS = {
    "killed": (502, "a pool process died while it ran this request", "was killed by SIGKILL"),
    "exits-in-c": (502, "a pool process died while it ran this request", "ended with exit status 3"),
    "exits": (500, "internal error", "SystemExit: done"),
    "starves": (500, "internal error", "MemoryError"),
    "unpicklable": (
        500,
        "internal error",
        "the result of the pool task fault_tasks.unpicklable, a lock, cannot be",
    ),
    "stubborn": (
        500,
        "internal error",
        "fault_tasks.raises_stubborn raised an exception that cannot be pickled",
    ),
}


@pytest.mark.chaos
@pytest.mark.parametrize("way", ["future", "wait", "async"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_a_task_is_one_clear_error(server: Server, fault: str, way: str) -> None:
    """An innocent task that runs in the other process meanwhile is answered."""
    status, message, logged = FAULTS[fault]
    held: list[str] = []
    innocent = threading.Thread(target=lambda: held.append(server.client.get("/python/hold").text))
    innocent.start()
    answer = server.client.get(f"/python/fault/{fault}/{way}")
    assert answer.status_code == status
    assert answer.json() == {"error": message, "request_id": answer.json()["request_id"]}
    text = server.log.text()
    line = f"[error] request {answer.json()['request_id']} GET /python/fault/<name>/{way}: "
    assert line in text
    assert logged in text[text.index(line) :]
    assert server.client.get("/python/square/5").text == "25"
    Path(f"{server.app}.release").touch()
    innocent.join(20)
    assert held == ["held"]


def test_an_argument_that_cannot_be_pickled_is_told_in_the_log(server: Server) -> None:
    answer = server.client.get("/python/argument")
    assert (answer.status_code, answer.json()["error"]) == (500, "internal error")
    assert "the pool task fault_tasks.size_of or one of its arguments cannot be pickled" in server.log


def test_large_arguments_and_results_travel_whole(server: Server) -> None:
    size = 30_000_000
    assert server.client.get(f"/python/huge/{size}").json() == {"sent": size, "received": size}


@pytest.mark.chaos
@pytest.mark.parametrize("way", ["future", "wait", "async"])
def test_a_task_past_its_deadline_is_killed_and_its_capacity_returns(server: Server, way: str) -> None:
    """Four requests for two processes: 504 each, at the deadline; none is run twice."""
    first = pool_pids(server)
    started = time.monotonic()
    statuses: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: statuses.append(server.client.get(f"/python/stuck/{way}").status_code)
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert statuses == [504] * 4
    assert time.monotonic() - started < 2
    wait_for(lambda: not any(processes.is_alive(pid) for pid in first), "the stuck processes are gone", 5)
    wait_for(lambda: len(set(pool_pids(server)) - set(first)) == 2, "two new ones")
    assert 2 <= len(Path(f"{server.app}.executions").read_text().split()) <= 4
    for pid in first:
        assert f"[warning] pool process {pid} was killed: the pool task fault_tasks.stuck " in server.log
    if way != "async":  # a coroutine is cancelled at the deadline too, and may never hear the error
        assert "PoolTimeoutError: the pool task fault_tasks.stuck " in server.log
    wait_for(lambda: server.status()["workers"][0]["in_flight"] == 0, "no slot is held")


@pytest.mark.chaos
def test_a_process_killed_from_outside_is_replaced_without_a_request(server: Server) -> None:
    first = pool_pids(server)
    os.kill(first[0], signal.SIGKILL)
    wait_for(lambda: len(pool_pids(server)) == 2 and first[0] not in pool_pids(server), "a new process")
    assert first[1] in pool_pids(server)


@pytest.mark.chaos
def test_a_dead_fork_server_costs_no_request(server: Server) -> None:
    """It takes its children with it; the next request gets new ones."""
    first = pool_pids(server)
    fork_server = processes.look_up(first[0])
    assert fork_server is not None
    os.kill(fork_server.parent, signal.SIGKILL)
    wait_for(lambda: not any(processes.is_alive(pid) for pid in first), "the children are gone", 5)
    assert server.client.get("/python/square/7").text == "49"


@pytest.mark.chaos
def test_a_pool_that_cannot_come_back_says_why_and_recovers_by_itself(start: Starter) -> None:
    """init_worker fails once its model is gone; native and other routes serve on."""
    app = start.app(
        "pool_faults",
        pool_workers="from pathlib import Path\n"
        "MODEL = Path(__file__).parent.with_suffix('.model')\n"
        "def init_worker():\n    MODEL.read_bytes()\n",
        plain="from typhon import route\n@route('/python/plain')\ndef plain(request):\n    return 'plain'\n",
    )
    model = Path(f"{app}.model")
    model.touch()
    server = start(app, pool_workers=1)
    server.log.allow(FAULT_LINE)
    model.unlink()
    assert server.client.get("/python/fault/killed/wait").status_code == 502
    answer = server.client.get("/python/square/2")
    assert (answer.status_code, answer.json()["error"]) == (503, "the process pool cannot be started")
    assert answer.headers["retry-after"] == "1"
    assert "FileNotFoundError" in server.log
    assert server.client.get("/python/plain").text == "plain"
    assert server.client.get("/native/hello").status_code == 200
    model.touch()
    wait_for(lambda: server.client.get("/python/square/2").status_code == 200, "the pool is back")


def test_without_a_pool_other_routes_serve(start: Starter) -> None:
    app = start.app(
        plain="from typhon import route\n@route('/python/plain')\ndef plain(request):\n    return 1\n"
    )
    server = start(app, pool_workers=0)
    assert server.client.get("/python/plain").text == "1"
    assert pool_pids(server) == []
    assert {process.name for process in processes.marked(server.mark)} == {"typhon", "typhon-worker"}


def test_without_a_pool_a_route_that_wants_one_fails_the_start_with_what_to_do(start: Starter) -> None:
    server = start.launch(start.app("pool_faults"), pool_workers=0)
    server.log.allow(r"] error: ")
    error = server.wait_state("failed")["last_error"]
    assert "the handler fault_routes.square of /python/square/<int:n> wants the process pool" in error
    assert "--pool-workers 1" in error
    assert server.client.get("/native/hello").status_code == 200
