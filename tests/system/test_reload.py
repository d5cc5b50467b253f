"""Reload: workers are replaced, and nobody notices."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.load import Load
from harness.raw import Connection
from harness.server import Server
from harness.starter import Starter
from harness.waiting import wait_for

COMMAND_FAILED = 8

VERSION = """
from typhon import route

@route("/python/version")
def version(request): return "{0}"
"""


def replaced(server: Server, old: list[int]) -> bool:
    """Whether only new workers are left."""
    pids = [worker["pid"] for worker in server.status()["workers"]]
    return bool(pids) and not set(pids) & set(old)


def test_a_new_function_is_served_after_a_reload(start: Starter) -> None:
    server = start(start.app(endpoints=VERSION.format("1")))
    assert server.client.get("/python/added").status_code == 404
    with (server.app / "endpoints.py").open("a") as file:
        file.write(
            '\n@route("/python/added", methods=["POST"])\ndef added(request): return {"got": request.body}\n'
        )
    done = server.reload()
    assert done.returncode == 0, done.stderr
    answer = server.client.post("/python/added", json=[1])
    assert (answer.status_code, answer.json()) == (200, {"got": [1]})


def test_a_new_file_is_served_after_a_reload(start: Starter) -> None:
    server = start(start.app(endpoints=VERSION.format("1")))
    (server.app / "more.py").write_text(VERSION.format("x").replace("/version", "/more"))
    assert server.reload().returncode == 0
    assert server.client.get("/python/more").text == "x"
    (server.app / "more.py").unlink()
    assert server.reload().returncode == 0
    assert server.client.get("/python/more").status_code == 404


def test_an_edit_of_equal_length_in_the_same_second_is_served(start: Starter) -> None:
    server = start(start.app(endpoints=VERSION.format("1")))
    path = server.app / "endpoints.py"
    times = path.stat()
    for version in ("2", "3", "4"):
        path.write_text(VERSION.format(version))
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert server.reload().returncode == 0
        assert server.client.get("/python/version").text == version


def test_the_status_shows_the_next_generation(start: Starter) -> None:
    server = start(start.app(endpoints=VERSION.format("1")), workers=2)
    before = server.status()
    assert server.reload().returncode == 0
    after = server.wait_state("ready")
    assert after["generation"] == before["generation"] + 1
    assert after["pid"] == before["pid"]
    wait_for(
        lambda: replaced(server, [worker["pid"] for worker in before["workers"]]), "the old workers are gone"
    )


def test_sighup_reloads(start: Starter) -> None:
    server = start(start.app(endpoints=VERSION.format("1")))
    old = server.worker_pids()
    (server.app / "endpoints.py").write_text(VERSION.format("2"))
    server.signal(signal.SIGHUP)
    wait_for(lambda: replaced(server, old), "new workers")
    wait_for(lambda: server.client.get("/python/version").text == "2", "the new code")


def test_a_broken_edit_leaves_the_old_workers_serving_and_prints_the_traceback(start: Starter) -> None:
    server = start(start.app(endpoints=VERSION.format("1")))
    workers = server.worker_pids()
    (server.app / "endpoints.py").write_text(VERSION.format("2") + "\nundefined_name\n")
    done = server.reload()
    assert done.returncode == COMMAND_FAILED
    assert "NameError" in done.stdout + done.stderr
    assert "endpoints.py" in done.stdout + done.stderr
    assert server.client.get("/python/version").text == "1"
    assert server.worker_pids() == workers
    assert "NameError" in str(server.status()["last_error"])
    (server.app / "endpoints.py").write_text(VERSION.format("3"))
    assert server.reload().returncode == 0
    assert server.client.get("/python/version").text == "3"
    server.log.allow(r"] error: ", r"^Traceback", r"^\[error\]")


def test_native_routes_and_open_connections_do_not_notice(start: Starter) -> None:
    server = start(start.app(endpoints=VERSION.format("1")))
    with Connection(server.port) as connection:
        for _ in range(3):
            connection.send("GET /native/hello HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.answer().status == 200
            connection.send("GET /python/version HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.answer().status == 200
            assert server.reload().returncode == 0


def test_a_long_request_finishes_on_the_old_workers(start: Starter) -> None:
    server = start(start.app("counting"))
    executions = Path(f"{server.app}.executions")
    with Load(server.port, "/python/hold", threads=1, each=1) as load:
        wait_for(executions.exists, "the handler runs")
        assert server.reload().returncode == 0
        assert server.client.post("/python/count?key=new").status_code == 200
        executions.with_suffix(".release").touch()
    assert load.results() == {200: 1}


def test_reload_under_load_loses_nothing(start: Starter) -> None:
    """500 POSTs while reloads follow each other: each is answered 200 and was executed once."""
    server = start(start.app("counting"), workers=2)
    with Load(server.port, "/python/count/slow", threads=10) as load:
        reloads = 0
        while len(load.outcomes) < 500 or reloads < 3:
            done = server.reload()
            assert done.returncode == 0, done.stderr
            reloads += 1
    assert set(load.results()) == {200}
    executed = Path(f"{server.app}.executions").read_text().split()
    assert sorted(executed) == sorted(outcome.key for outcome in load.outcomes)


def test_reload_under_load_with_fresh_connections_refuses_nothing(start: Starter) -> None:
    server = start(start.app("counting"), workers=1)
    with Load(server.port, "/python/count", threads=4, keep_alive=False) as load:
        for _ in range(3):
            assert server.reload().returncode == 0
    assert set(load.results()) == {200}


def test_many_reloads_at_once_all_get_an_answer(start: Starter) -> None:
    server = start(start.app(endpoints=VERSION.format("1")))
    (server.app / "endpoints.py").write_text(VERSION.format("2"))
    with ThreadPoolExecutor(12) as threads:
        codes = {done.returncode for done in threads.map(lambda _: server.reload(), range(12))}
    assert codes == {0}
    assert server.client.get("/python/version").text == "2"
    assert server.status()["generation"] <= 13
