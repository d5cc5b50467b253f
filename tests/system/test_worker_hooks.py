"""Hooks in real workers: around handlers, at the start and at the end."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from harness.binaries import APPS
from harness.server import Server
from harness.starter import Starter
from harness.waiting import wait_for


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes"


@pytest.fixture
def hooked(start: Starter, notes: Path) -> Server:
    return start(APPS / "hooked", workers=2, pool_workers=2, variables={"HOOKED_NOTES": str(notes)})


def kinds(notes: Path) -> Counter[str]:
    return Counter(line.rpartition(" ")[0] for line in notes.read_text().splitlines())


def test_hooks_surround_each_kind_of_handler(hooked: Server) -> None:
    client = hooked.client
    answer = client.get("/python/plain")
    assert answer.json() == {"number": 7, "later": True, "same": True}
    assert answer.headers.get_list("x-order") == ["after", "middleware"]
    assert answer.headers["x-seen"] == "/python/plain"
    assert client.get("/python/pool").json() == 3
    for kind in ("plain", "later"):
        answer = client.get(f"/python/slow/{kind}")
        assert (answer.json(), answer.headers["x-async"]) == ({"same": True}, "yes")
        assert answer.headers.get_list("x-order") == ["after", "middleware"]
    answer = client.get("/python/admin/x")
    assert (answer.status_code, answer.json()["error"]) == (403, "root only")
    assert answer.headers.get_list("x-order") == ["after", "middleware"]
    answer = client.get("/python/lookup")
    assert (answer.status_code, answer.json()) == (404, {"error": "unknown", "path": "/python/lookup"})
    assert client.get("/python/unhandled").json()["error"] == "internal error"
    hooked.log.allow(r"^\[error\] request", "^Traceback")


def test_each_worker_runs_its_startup_and_shutdown_hooks(hooked: Server, notes: Path) -> None:
    assert kinds(notes) == {"start": 2}
    assert hooked.reload().returncode == 0
    wait_for(lambda: kinds(notes)["close"] == 2, "the old workers have closed", 20)
    assert kinds(notes) == {"start": 4, "close": 2, "close badly": 2}
    assert hooked.stop() == 0
    assert kinds(notes) == {"start": 4, "close": 4, "close badly": 4}
    lines = notes.read_text().splitlines()
    for pid in {line.rpartition(" ")[2] for line in lines}:
        own = [line.rpartition(" ")[0] for line in lines if line.endswith(f" {pid}")]
        assert own == ["start", "close badly", "close"]


def test_a_startup_hook_that_raises_fails_the_reload_and_the_old_workers_serve_on(
    hooked: Server, notes: Path
) -> None:
    (notes.parent / "fail").touch()
    done = hooked.reload()
    assert done.returncode != 0
    assert "no database" in done.stdout + done.stderr
    assert hooked.client.get("/python/plain").json()["number"] == 7
    hooked.log.allow("no database", "startup", "^Traceback", "reload")
