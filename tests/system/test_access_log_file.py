"""The file of the access log: where lines go, and what harms it."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path

import pytest

from harness.access import AccessLog, Logged
from harness.raw import exchange
from harness.server import run_typhon
from harness.starter import Starter
from harness.waiting import wait_for


@pytest.fixture
def logged(start: Starter, tmp_path: Path) -> Logged:
    return Logged(start, tmp_path)


def test_it_is_off_unless_asked_for(start: Starter) -> None:
    server = start(start.app("logged"))
    assert server.client.get("/native/hello").status_code == 200
    server.signal(signal.SIGUSR1)
    assert server.client.get("/native/hello").status_code == 200
    assert server.status()["access_log"] is None
    assert server.stop() == 0
    assert "GET /native/hello HTTP" not in server.log


def test_a_log_that_was_renamed_goes_on_in_a_new_file(logged: Logged) -> None:
    """As logrotate does it; no line is lost or doubled."""
    logged.ask("/native/hello")
    rotated = logged.log.path.with_suffix(".1")
    logged.log.path.rename(rotated)
    logged.server.signal(signal.SIGUSR1)
    wait_for(logged.log.path.exists, "the file is made anew")
    line, _ = logged.ask("/native/hello")
    assert logged.log.lines() == [line]
    assert len(AccessLog(rotated).lines()) == 1


def test_a_full_disk_costs_lines_and_nothing_else(start: Starter) -> None:
    server = start(start.app("logged"), access_log="json", access_log_file="/dev/full")
    for _ in range(20):
        assert server.client.get("/native/hello").status_code == 200
    wait_for(lambda: server.status()["access_log"] == {"written": 0, "lost": 20}, "all lines are counted")
    wait_for(lambda: "lines of the access log were lost: No space left on device" in server.log, "it is told")


def test_what_waits_is_written_at_the_end(logged: Logged) -> None:
    for _ in range(50):
        logged.server.client.get("/native/hello")
    assert logged.server.stop() == 0
    assert len(logged.log.lines()) == 50


def test_a_file_that_cannot_be_opened_stops_the_start(start: Starter, tmp_path: Path) -> None:
    done = run_typhon(
        *("serve", "--app", start.app("logged"), "--port", "0", "--run-dir", tmp_path / "run"),
        *("--access-log", "json", "--access-log-file", tmp_path / "none" / "log"),
    )
    assert done.returncode == 2
    assert f"the access log {tmp_path}/none/log cannot be opened: No such file" in done.stderr
    assert not (tmp_path / "run").exists()


def test_several_loops_write_whole_lines(start: Starter, tmp_path: Path) -> None:
    logged = Logged(start, tmp_path, io_threads=3)

    def ask(number: int) -> None:
        for count in range(20):
            fields = f"Host: x\r\nX-Request-Id: t{number}-{count}\r\n"
            exchange(logged.server.port, f"GET /python/words/a HTTP/1.1\r\n{fields}\r\n")

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for(lambda: len(logged.log.lines()) == 120, "all lines")
    names = {line["request_id"] for line in logged.log.lines()}
    assert names == {f"t{number}-{count}" for number in range(6) for count in range(20)}
    assert {json.dumps(line["route"]) for line in logged.log.lines()} == {'"/python/words/<word>"'}
