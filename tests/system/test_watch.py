"""`--reload`: a saved file is served without a command, whichever way an editor writes it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from harness import processes
from harness.load import Load
from harness.server import Server
from harness.starter import Starter
from harness.waiting import wait_for

VERSION = """
from typhon import route

@route("/python/version")
def version(request): return "{0}"
"""

GATE = """
import time
from pathlib import Path

while not Path(__file__).resolve().parent.with_suffix(".gate").exists():
    time.sleep(0.01)
"""

BROKEN = (r"] error: ", r"^Traceback", r"^\[error\]")


def watching(start: Starter, app: Path | None = None, **flags: int) -> Server:
    return start(app or start.app(endpoints=VERSION.format("1")), reload=True, **flags)


def wait_for_version(server: Server, version: str) -> None:
    wait_for(lambda: server.client.get("/python/version").text == version, f"version {version}")


def reloads(server: Server) -> list[str]:
    """Why the gateway reloaded, for each time."""
    lines = server.log.text().splitlines()
    return [line.split("] info: ")[1] for line in lines if line.endswith(": reloading")]


def write_in_place(path: Path, text: str) -> None:
    path.write_text(text)


def write_and_rename(path: Path, text: str) -> None:
    """As vim, PyCharm and others do: the file is another one afterwards."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text)
    draft.replace(path)


def keep_a_copy_and_rename(path: Path, text: str) -> None:
    """The old file becomes the copy, for a moment there is none."""
    path.replace(path.with_name(f"{path.name}~"))
    path.write_text(text)


def write_with_the_old_time(path: Path, text: str) -> None:
    """As tools do that keep times: same length, same times."""
    times = path.stat()
    path.write_text(text)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize(
    "save", [write_in_place, write_and_rename, keep_a_copy_and_rename, write_with_the_old_time]
)
def test_a_saved_file_is_served(start: Starter, save: object) -> None:
    server = watching(start)
    assert callable(save)
    for version in ("2", "3"):
        save(server.app / "endpoints.py", VERSION.format(version))
        wait_for_version(server, version)
    assert server.status()["last_error"] == ""


def test_new_and_deleted_files_and_packages_are_noticed(start: Starter) -> None:
    server = watching(start)
    more = VERSION.replace("/version", "/more")
    (server.app / "package").mkdir()
    (server.app / "package" / "__init__.py").write_text("from package import inner")
    (server.app / "package" / "inner.py").write_text(more.format("a"))
    wait_for(lambda: server.client.get("/python/more").text == "a", "the package is served")
    (server.app / "package" / "inner.py").write_text(more.format("b"))
    wait_for(lambda: server.client.get("/python/more").text == "b", "the inner file is served")
    for name in ("inner", "__init__"):
        (server.app / "package" / f"{name}.py").unlink()
    wait_for(lambda: server.client.get("/python/more").status_code == 404, "the package is gone")
    assert server.client.get("/python/version").text == "1"


def test_caches_hidden_files_and_copies_of_editors_are_no_change(start: Starter) -> None:
    server = watching(start)
    for name in (
        "__pycache__/x.py",
        ".git/x.py",
        ".endpoints.py.swp",
        ".#endpoints.py",
        "endpoints.py~",
        "4913",
    ):
        (server.app / name).parent.mkdir(exist_ok=True)
        (server.app / name).write_text("1 / 0")
    (server.app / "endpoints.py").write_text(VERSION.format("2"))
    wait_for_version(server, "2")
    assert reloads(server) == ["endpoints.py changed: reloading"]


def test_one_save_of_many_files_is_one_reload(start: Starter) -> None:
    server = watching(start)
    for number in range(30):
        (server.app / f"module_{number}.py").write_text(
            VERSION.format(number).replace("on/v", f"on/v{number}")
        )
    wait_for(lambda: server.client.get("/python/v29ersion").text == "29", "the last file is served")
    server.wait_state("ready")
    assert len(reloads(server)) <= 2
    assert server.status()["generation"] <= 3


def test_changes_during_a_reload_lead_to_one_more(start: Starter) -> None:
    app = start.app(endpoints=VERSION.format("1"))
    server = watching(start, app)
    for version in ("2", "3", "4"):  # the next workers wait at the gate meanwhile
        (app / "endpoints.py").write_text(GATE + VERSION.format(version))
        wait_for(lambda version=version: len(reloads(server)) == int(version) - 1, "the change is seen")  # type: ignore[misc]
    assert server.client.get("/python/version").text == "1"
    app.with_suffix(".gate").touch()
    wait_for_version(server, "4")
    server.wait_state("ready")
    assert server.status()["generation"] == 3


def test_a_half_written_file_changes_nothing_and_the_next_save_recovers(start: Starter) -> None:
    server = watching(start)
    server.log.allow(*BROKEN)
    workers = server.worker_pids()
    whole = VERSION.format("2")
    (server.app / "endpoints.py").write_text(whole[: whole.index('"/python')])
    wait_for(lambda: "SyntaxError" in str(server.status()["last_error"]), "the error is told")
    assert server.client.get("/python/version").text == "1"
    assert server.client.get("/native/hello").status_code == 200
    assert server.worker_pids() == workers
    (server.app / "endpoints.py").write_text(whole)
    wait_for_version(server, "2")
    wait_for(lambda: server.status()["last_error"] == "", "the error is gone")


def test_an_application_that_did_not_start_is_brought_back_by_a_save(start: Starter) -> None:
    server = start.launch(start.app(endpoints="import no_such_package\n"), reload=True)
    server.log.allow(*BROKEN)
    server.wait_state("failed")
    (server.app / "endpoints.py").write_text(VERSION.format("2"))
    wait_for_version(server, "2")


def test_saves_under_load_lose_nothing(start: Starter) -> None:
    server = watching(start, start.app("counting"), workers=2)
    with Load(server.port, "/python/count", threads=4) as load:
        for number in range(3):
            (server.app / "more.py").write_text(f"number = {number}\n")
            wait_for(lambda number=number: server.status()["generation"] > number + 1, "a reload")  # type: ignore[misc]
    assert set(load.results()) == {200}


def test_watching_many_files_costs_little(start: Starter) -> None:
    """2,000 files: less than a twentieth of a core."""
    app = start.app(endpoints=VERSION.format("1"))
    (app / "_library").mkdir()
    for number in range(2_000):
        (app / "_library" / f"module_{number}.py").touch()
    server = watching(start, app)
    before, began = processes.cpu_s(server.pid), time.monotonic()
    wait_for(lambda: time.monotonic() > began + 2, "two seconds")
    assert processes.cpu_s(server.pid) - before < 0.05 * (time.monotonic() - began)
