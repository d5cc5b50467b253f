"""Reload: workers are replaced, and nobody notices."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.load import Load
from harness.raw import Connection
from harness.server import Done, Server
from harness.starter import Starter
from harness.waiting import wait_for

COMMAND_FAILED = 8
BROKEN = (r"] (error|warning): ", r"^Traceback", r"^\[error\]", r"^Fatal Python error")

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


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        ("undefined_name\n", 'endpoints.py", line'),
        ("def half_written(request", "SyntaxError"),
        ("import sys\nsys.exit(3)\n", "sys.exit(3)"),
        ("import os\nos._exit(0)\n", "died before it was ready: exit code 0"),
        ("import os\nos.abort()\n", "SIGABRT"),
    ],
    ids=["error", "half-written", "sys.exit", "_exit", "abort"],
)
def test_a_broken_edit_leaves_the_old_workers_serving_and_prints_why(
    start: Starter, edit: str, reason: str
) -> None:
    server = start(start.app(endpoints=VERSION.format("1")), workers=2)
    server.log.allow(*BROKEN)
    workers = server.worker_pids()
    (server.app / "endpoints.py").write_text(VERSION.format("2") + edit)
    done = server.reload()
    assert done.returncode == COMMAND_FAILED
    assert reason in done.stderr
    assert reason in server.status()["last_error"]
    assert server.client.get("/python/version").text == "1"
    assert server.worker_pids() == workers
    (server.app / "endpoints.py").write_text(VERSION.format("3"))
    assert server.reload().returncode == 0
    assert server.client.get("/python/version").text == "3"
    assert server.status()["last_error"] == ""


def test_an_import_that_takes_long_keeps_nobody_waiting(start: Starter) -> None:
    server = start(start.app(endpoints=VERSION.format("1")))
    (server.app / "endpoints.py").write_text("import time\ntime.sleep(2)\n" + VERSION.format("2"))
    with ThreadPoolExecutor(1) as threads:
        reload = threads.submit(server.reload)
        server.wait_state("reloading")
        asked = time.monotonic()
        assert server.client.get("/python/version").text == "1"
        assert time.monotonic() - asked < 1
        assert reload.result().returncode == 0
    assert server.client.get("/python/version").text == "2"


def test_an_import_that_does_not_end_is_given_up_after_the_start_timeout(start: Starter) -> None:
    server = start(start.app(endpoints=VERSION.format("1")), start_timeout="4s")
    server.log.allow(*BROKEN)
    (server.app / "endless.py").write_text("while True: pass\n")
    done = server.reload()
    assert done.returncode == COMMAND_FAILED
    assert "was not ready within 4000 ms" in done.stderr
    assert server.client.get("/python/version").text == "1"
    wait_for(lambda: len(server.status()["workers"]) == 1, "the endless worker is gone")
    (server.app / "endless.py").unlink()
    assert server.reload().returncode == 0


def hold_reload(server: Server, threads: ThreadPoolExecutor) -> Future[Done]:
    """Begins a reload that waits for the file that `server.app` with ``.gate`` names."""
    (server.app / "gate.py").write_text(
        "import time, pathlib\n"
        f"while not pathlib.Path({str(server.app)!r} + '.gate').exists(): time.sleep(0.01)\n"
    )
    reload = threads.submit(server.reload)
    server.wait_state("reloading")
    return reload


def test_a_stop_during_a_reload_wins(start: Starter) -> None:
    server = start(start.app("counting"), workers=2)
    with ThreadPoolExecutor(1) as threads:
        reload = hold_reload(server, threads)
        assert server.client.post("/python/count?key=a").status_code == 200
        assert server.stop() == 0
        done = reload.result()
    assert done.returncode == COMMAND_FAILED
    assert "stopping" in done.stderr


def test_a_reload_during_a_stop_is_refused(start: Starter) -> None:
    """A request that runs holds the stop up: a reload, a scale and SIGHUP start nothing any more."""
    server = start(start.app("counting"))
    executions = Path(f"{server.app}.executions")
    with Load(server.port, "/python/hold", threads=1, each=1) as load:
        wait_for(executions.exists, "the handler runs")
        server.signal(signal.SIGTERM)
        server.wait_state("stopping")
        for command in (("reload",), ("scale", "2")):
            done = server.command(*command)
            assert done.returncode == COMMAND_FAILED
            assert "stopping" in done.stderr
        server.signal(signal.SIGHUP)
        assert len(server.status()["workers"]) == 1
        executions.with_suffix(".release").touch()
    assert load.results() == {200: 1}
    assert server.wait_exit() == 0
    assert "reload: starting" not in server.log


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


def test_fifty_reloads_at_once_all_get_an_answer(start: Starter) -> None:
    """They share few generations, and the status is told meanwhile."""
    server = start(start.app(endpoints=VERSION.format("1")))
    (server.app / "endpoints.py").write_text(VERSION.format("2"))
    with ThreadPoolExecutor(50) as threads:
        reloads = [threads.submit(server.reload) for _ in range(50)]
        assert server.wait_state("reloading")["workers"]
        done = [reload.result() for reload in reloads]
    assert [each.stderr for each in done if each.returncode != 0] == []
    assert server.client.get("/python/version").text == "2"
    assert server.status()["generation"] <= 12
