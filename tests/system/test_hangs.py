"""Handlers that hang: their clients get 504 in time, the log says where they hang, their worker is replaced,
and nobody else notices."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from harness import processes
from harness.chaos import Rows
from harness.raw import Answer, Connection
from harness.server import Server
from harness.starter import Starter
from harness.waiting import LONG_S, wait_for

pytestmark = pytest.mark.chaos

TIMEOUT_S = 3.0  # of the routes of the app that hang
HANGS = r"hangs: |past its deadline in worker|stacks of all threads|has been silent"


def marks(server: Server) -> list[str]:
    """What runs or ran, in order: "PATH PID"."""
    file = Path(f"{server.app}.marks")
    return file.read_text().splitlines() if file.exists() else []


def release(server: Server) -> None:
    """Lets the handlers that wait for it end."""
    Path(f"{server.app}.release").touch()


def timed_get(server: Server, path: str) -> tuple[float, Answer]:
    """The answer, and how many seconds it took."""
    with Connection(server.port) as connection:
        begun = time.monotonic()
        connection.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = connection.answer()
        return time.monotonic() - begun, answer


@contextmanager
def in_background(server: Server, *paths: str) -> Iterator[list[Future[tuple[float, Answer]]]]:
    """GETs under way; joined at the end."""
    with ThreadPoolExecutor(len(paths)) as pool:
        yield [pool.submit(timed_get, server, path) for path in paths]


@contextmanager
def a_steady_client(server: Server, path: str) -> Iterator[list[tuple[float, int]]]:
    """One client that asks again and again; (seconds, status) of each answer."""
    seen: list[tuple[float, int]] = []
    stop = threading.Event()

    def ask() -> None:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{server.port}", timeout=LONG_S, trust_env=False
        ) as client:
            while not stop.wait(0.005):
                begun = time.monotonic()
                status = client.get(path).status_code
                seen.append((time.monotonic() - begun, status))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join(LONG_S)
        assert not thread.is_alive()


def percentile_99(seen: list[tuple[float, int]]) -> float:
    """Seconds that all but one in a hundred answers stayed below."""
    return sorted(seconds for seconds, _ in seen)[len(seen) * 99 // 100]


CASES = {
    "spin": (["/python/spin"], "in spin", "hanging.spin"),
    "gil": (["/python/gil"], "in gil", "hanging.gil"),
    "deadlock": (["/python/deadlock/0", "/python/deadlock/1"], "in deadlock", "hanging.deadlock"),
    "event loop": (["/python/async/block"], "in async_block", "hanging.async_block"),
    "all asleep": (["/python/sleep"] * 2, "in sleep", "hanging.sleep"),
}


LONG = dict.fromkeys(["deadlock", "all asleep"], pytest.mark.long)


@pytest.mark.parametrize("case", [pytest.param(case, marks=LONG.get(case, ())) for case in CASES])
def test_a_handler_that_hangs_costs_its_request_and_nobody_else(
    start: Starter, chaos_row: Rows, case: str
) -> None:
    """The client gets its 504 within 10 % of the deadline; the log names route and request, and shows
    the line where it hangs; the worker is replaced; native routes and the other worker go on."""
    paths, frame, handler = CASES[case]
    server = start(start.app("hanging"), workers=1, threads=2, hang_grace="1s")
    server.log.allow(HANGS, r"] (warning|error): worker .* died")
    (victim,) = server.worker_pids()
    with in_background(server, *paths) as answers:
        wait_for(lambda: len(marks(server)) == len(paths), "the handlers hang")
        begun = time.monotonic()
        assert server.command("scale", "2").returncode == 0
        with (
            a_steady_client(server, "/native/hello") as native,
            a_steady_client(server, "/python/ok") as python,
        ):
            wait_for(
                lambda: victim not in server.worker_pids() and len(server.worker_pids()) == 2, "a new worker"
            )
            recovered = time.monotonic()
    for answer in answers:
        seconds, response = answer.result()
        assert response.status == 504
        assert TIMEOUT_S * 0.95 <= seconds <= TIMEOUT_S * 1.1
        text = server.log.text()
        assert f"{handler}, request {response.json['request_id']}, for " in text
    assert {mark.split()[1] for mark in marks(server)} == {str(victim)}
    assert frame in server.log
    assert "hanging.py" in server.log
    assert {status for _, status in native} == {200}
    assert percentile_99(native) < 0.5
    assert {status for _, status in python} == {200}
    outcome = f"504 in time, {len(native)} native and {len(python)} Python requests beside it answered 200"
    chaos_row.record(f"hang, {case}; grace 1 s", outcome, recovered - begun, len(paths))
    for path in ("/python/ok", "/python/async/ok"):
        assert server.client.get(path).status_code == 200


def test_while_others_go_on_a_successor_is_ready_before_the_worker_leaves(start: Starter) -> None:
    """One of four threads hangs: what runs beside it is answered by the old worker, and nothing that comes is
    lost; then the old worker ends without waiting for the thread that hangs."""
    server = start(start.app("hanging"), workers=1, threads=4, hang_grace="1s")
    server.log.allow(HANGS)
    (victim,) = server.worker_pids()
    with (
        in_background(server, "/python/sleep", "/python/held") as (hung, beside),
        a_steady_client(server, "/python/ok") as python,
    ):
        wait_for(lambda: server.worker_pids() not in ([], [victim]), "a successor")
        assert not beside.done()
        release(server)
        _, answer = beside.result()
        assert (answer.status, answer.json) == (200, {"pid": victim})
        assert hung.result()[1].status == 504
        wait_for(lambda: not processes.is_alive(victim), "the old worker ends", 10)
    assert {status for _, status in python} == {200}
    assert "hanging.sleep, request" in server.log
    (worker,) = server.status()["workers"]
    assert worker["restarts"] == 1


def test_a_slot_is_held_until_its_handler_ends(start: Starter) -> None:
    """With two threads and two handlers past their deadline no third one starts before one of them ends."""
    server = start(start.app("hanging"), threads=2, hang_grace="30s")
    with in_background(server, "/python/late", "/python/late") as late:
        wait_for(lambda: len(marks(server)) == 2, "two handlers run")
        with in_background(server, "/python/long/0") as third:
            assert [answer.result()[1].status for answer in late] == [504, 504]
            assert len(marks(server)) == 2
            assert server.status()["workers"][0]["in_flight"] == 2
            release(server)
            assert third[0].result()[1].status == 200
    assert len(marks(server)) == 3


def test_a_handler_that_ends_within_the_grace_keeps_its_worker(start: Starter) -> None:
    server = start(start.app("hanging"), threads=2, hang_grace="10s")
    workers = server.worker_pids()
    assert timed_get(server, "/python/late")[1].status == 504
    release(server)
    wait_for(lambda: server.status()["workers"][0]["in_flight"] == 0, "the handler ended")
    assert server.worker_pids() == workers
    assert "hangs" not in server.log


@pytest.mark.parametrize(("mood", "threads"), [("wait", 1), ("gil", 4)])
def test_requests_do_not_wait_behind_a_blocked_one_while_another_worker_is_idle(
    start: Starter, mood: str, threads: int
) -> None:
    """A quick handler that blocks its whole worker this once, by its only thread or by the GIL, holds up none
    of the requests that were given to its worker."""
    server = start(start.app("hanging"), workers=2, threads=threads)
    for _ in range(50):
        assert server.client.get("/python/moody/good").status_code == 200
    with in_background(server, f"/python/moody/{mood}") as blocked:
        wait_for(lambda: marks(server), "a handler blocks")
        with contextlib.ExitStack() as stack:
            others = [stack.enter_context(Connection(server.port)) for _ in range(24)]
            for other in others:  # faster than one worker answers, so that the blocked one gets some
                other.send("GET /python/moody/good HTTP/1.1\r\nHost: x\r\n\r\n")
            answers = [other.answer() for other in others]
        assert not blocked[0].done()
        assert {answer.status for answer in answers} == {200}
        release(server)
        assert blocked[0].result()[1].json == {"pid": int(marks(server)[0].split()[1])}
    assert len(marks(server)) == 1


def test_a_stopped_worker_is_noticed_and_replaced(start: Starter) -> None:
    """What ran there is a 502 when it is killed; what had not started, and what comes, runs elsewhere."""
    server = start(start.app("hanging"), workers=2, threads=2, silent_timeout="2s")
    server.log.allow(HANGS, r"] (warning|error): worker .* died")
    with in_background(server, "/python/long/30") as running:
        wait_for(lambda: marks(server), "the handler runs")
        victim = int(marks(server)[0].split()[1])
        os.kill(victim, signal.SIGSTOP)
        with (
            a_steady_client(server, "/python/ok") as python,
            a_steady_client(server, "/native/hello") as native,
        ):
            wait_for(
                lambda: victim not in server.worker_pids() and len(server.worker_pids()) == 2, "a new worker"
            )
        assert running[0].result()[1].status == 502
    assert {status for _, status in python} == {200}
    assert {status for _, status in native} == {200}
    assert percentile_99(native) < 0.5


@pytest.mark.long
def test_a_gateway_that_stood_still_does_not_blame_its_workers(start: Starter) -> None:
    """Stopped for longer than the silent timeout, it finds its workers alive and keeps them."""
    server = start(start.app("hanging"), workers=2, silent_timeout="3s")
    workers = server.worker_pids()
    server.signal(signal.SIGSTOP)
    stopped = time.monotonic()
    wait_for(lambda: time.monotonic() > stopped + 5, "the gateway stands still")
    server.signal(signal.SIGCONT)
    seen = time.monotonic()
    wait_for(lambda: time.monotonic() > seen + 2 and server.worker_pids(), "it had time to judge")
    assert server.worker_pids() == workers
    assert "silent" not in server.log


def test_a_start_that_takes_too_long_shows_where_it_hangs(start: Starter) -> None:
    app = start.app(slow="import threading\n\nthreading.Event().wait(3600)\n")
    server = start.launch(app, start_timeout="1s")
    server.log.allow(r"not ready within", r"does not start|could not start", HANGS)
    server.wait_state("failed")
    text = server.log.text()
    assert "thread: main thread" in text
    assert 'slow.py", line 3 in <module>' in text
    assert server.client.get("/native/hello").status_code == 200


def test_sigquit_shows_what_a_worker_does_and_disturbs_nothing(start: Starter) -> None:
    server = start(start.app("hanging"), threads=2)
    server.log.allow(HANGS)
    (worker,) = server.worker_pids()
    with in_background(server, "/python/long/1") as running:
        wait_for(lambda: marks(server), "the handler runs")
        os.kill(worker, signal.SIGQUIT)
        wait_for(lambda: "stacks of all threads" in server.log, "the stacks")
        assert running[0].result()[1].status == 200
    text = server.log.text()
    assert "runs /python/long/<float:seconds> -> hanging.long, request " in text
    assert "in long" in text
    assert server.worker_pids() == [worker]
