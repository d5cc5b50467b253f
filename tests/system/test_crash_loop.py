"""Workers that die again and again cost little, hurt no native route, and recover by themselves."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import pytest

from harness import processes
from harness.server import Server
from harness.starter import Starter
from harness.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.chaos

DEATHS = (r"] (error|warning|critical): ", r"^Traceback", r"^\[error\]", r"^Fatal Python error")

NOTE = """
import time
from pathlib import Path

with Path(__file__).resolve().parent.with_suffix(".spawns").open("a") as file:
    file.write(f"{time.monotonic()}\\n")
"""
GOOD = """
import os
from typhon import route

@route("/python/works")
def works(request): return True

@route("/python/dies")
def dies(request): os._exit(9)
"""


def spawns(server: Server) -> list[float]:
    """When each worker began to import the application."""
    return [float(line) for line in Path(f"{server.app}.spawns").read_text().split()]


def check_python_is_refused(server: Server) -> None:
    """Native routes are answered, Python routes are refused at once."""
    assert server.client.get("/native/hello").status_code == 200
    answer = server.client.get("/python/works")
    assert answer.status_code == 503
    assert 1 <= int(answer.headers["retry-after"]) <= 30


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("raise SystemExit", "sys.exit(None)"),
        ("import os\nos._exit(1)", "exit code 1"),
        ("import os\nos.abort()", "SIGABRT"),
    ],
    ids=["SystemExit", "_exit", "abort"],
)
def test_an_import_that_ends_the_worker(start: Starter, fault: str, reason: str) -> None:
    """Few starts, little processor time, native 200, Python 503 with Retry-After, the reason in the
    status; the repaired file brings both workers back."""
    server = start.launch(start.app(endpoints=f"{NOTE}\n{fault}\n"), workers=2)
    server.log.allow(*DEATHS)
    server.wait_state("failed")
    assert reason in server.status()["last_error"]
    assert reason in server.command("status").stdout

    check_python_is_refused(server)
    before, began = processes.cpu_s(server.pid), time.monotonic()
    wait_for(lambda: time.monotonic() > began + 3, "three seconds")
    if PATIENCE == 1:  # a fork under a sanitizer takes long
        assert processes.cpu_s(server.pid) - before < 0.5 * (time.monotonic() - began)
    check_python_is_refused(server)
    # Each worker three times at the start; then one for all after 1 s, 2 s, 4 s ...
    assert len(spawns(server)) <= 2 * 3 + 3

    (server.app / "endpoints.py").write_text(GOOD)
    server.wait_ready(2)
    assert server.client.get("/python/works").status_code == 200
    assert server.status()["last_error"] == ""


def test_a_worker_that_dies_soon_after_each_start(start: Starter) -> None:
    """The waits grow, and from the fifth death on requests are not kept waiting for the next start."""
    server = start(start.app(endpoints=NOTE + GOOD))
    server.log.allow(*DEATHS)
    deaths = 0
    while deaths < 6:
        answer = server.client.get("/python/dies")
        assert answer.status_code in (502, 503)
        deaths += answer.status_code == 502
        if answer.status_code == 503:
            assert deaths >= 5
            assert int(answer.headers["retry-after"]) >= 1
    error = server.wait_state("failed")["last_error"]
    assert "exit code 9" in error
    assert "death number 6 in a row" in error
    assert server.client.get("/native/hello").status_code == 200
    waits = [later - sooner for sooner, later in itertools.pairwise(spawns(server))]
    assert len(waits) <= 6
    assert waits[4] >= 0.64  # 800 ms less the jitter
    server.wait_ready()
    assert server.client.get("/python/works").status_code == 200
    assert server.status()["last_error"] == ""
    assert server.status()["workers"][0]["restarts"] == 6


@pytest.mark.long
def test_a_repaired_file_ends_the_wait_of_a_worker_that_died_soon_after_each_start(start: Starter) -> None:
    """The eighth death is followed by a wait of at least 5 s; an edit is seen within a second or two."""
    server = start(start.app(endpoints=NOTE + GOOD))
    server.log.allow(*DEATHS)
    for _ in range(8):
        wait_for(lambda: server.client.get("/python/works").status_code == 200, "it serves", 15)
        assert server.client.get("/python/dies").status_code == 502
    began = time.monotonic()
    (server.app / "endpoints.py").write_text(GOOD.replace("True", "2"))
    wait_for(lambda: server.client.get("/python/works").text == "2", "the repaired file serves")
    assert time.monotonic() - began < 4
    assert server.status()["workers"][0]["restarts"] == 8


@pytest.mark.long
def test_a_start_that_takes_long_is_no_sign_of_health(start: Starter) -> None:
    """What counts as soon is the time since READY: the second such death is followed by a wait."""
    app = start.app(endpoints="import time\ntime.sleep(10.5)\n" + GOOD)
    server = start(app)
    server.log.allow(*DEATHS)
    for _ in range(2):
        assert server.client.get("/python/dies", timeout=60).status_code == 502
        server.wait_ready()
    assert "restarting in " in server.log.text()
