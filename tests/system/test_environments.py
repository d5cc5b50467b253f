"""Hostile surroundings: the server works in them, or says in one message what it lacks."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import processes
from harness.binaries import EXAMPLE_APP, VENV
from harness.chaos import Rows
from harness.server import Server, run_typhon
from harness.starter import Starter
from harness.surroundings import public_directory, serves, shell
from harness.waiting import wait_for

pytestmark = pytest.mark.chaos

RUN_DIRECTORY = 5


def fake_python(directory: Path) -> Path:
    """A directory with a python3 as pyenv has it: a script that is no use without its shell."""
    directory.mkdir()
    for name in ("python", "python3", "python3.11"):
        shim = directory / name
        shim.write_text(f"#!/bin/sh\necho $0 >> {directory}/used\nexit 127\n")
        shim.chmod(0o755)
    return directory


def broken_modules(directory: Path) -> Path:
    """A directory whose modules must not be imported by anybody."""
    directory.mkdir()
    for name in ("sitecustomize", "usercustomize", "json", "threading", "typhon"):
        (directory / f"{name}.py").write_text("raise SystemExit('the module of a hostile directory')\n")
    return directory


def test_an_empty_path_does_not_matter(start: Starter, chaos_row: Rows) -> None:
    serves(start(variables={"PATH": ""}))
    chaos_row.record("PATH empty", "works")


def test_a_python3_of_pyenv_first_on_the_path_is_not_run(
    start: Starter, tmp_path: Path, chaos_row: Rows
) -> None:
    shims = fake_python(tmp_path / "shims")
    serves(start(variables={"PATH": f"{shims}:{os.environ['PATH']}"}))
    assert not (shims / "used").exists()
    chaos_row.record("pyenv's python3 first on PATH", "works, it is not run")


@pytest.mark.parametrize("kind", ["nonsense", "modules"])
def test_variables_of_python_do_not_reach_workers_and_pool(
    start: Starter, tmp_path: Path, kind: str, chaos_row: Rows
) -> None:
    """A home and a path that do not exist, and a path with a broken sitecustomize and json."""
    path = broken_modules(tmp_path / "hostile") if kind == "modules" else Path("/no/such/place")
    hostile = {
        "PYTHONHOME": "/no/such/home",
        "PYTHONPATH": str(path),
        "PYTHONSTARTUP": str(path / "json.py"),
        "PYTHONSAFEPATH": "",
        "PYTHONPLATLIBDIR": "nowhere",
        "PYTHONUSERBASE": str(path),
    }
    serves(start(variables=hostile))
    chaos_row.record(f"PYTHONHOME and PYTHONPATH: {kind}", "works, they are ignored")


def test_a_umask_of_0_opens_nothing_to_others(start: Starter, chaos_row: Rows) -> None:
    server = start(prefix=shell("umask 000"), pool_workers=2)
    serves(server)
    assert stat.S_IMODE(server.run_dir.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in server.run_dir.iterdir()}
    assert modes == dict.fromkeys(("lock", "admin.sock", "relay.sock", "native-api.json"), 0o600)
    assert {stat.S_IMODE(path.stat().st_mode) for path in server.temporary.iterdir()} == {0o700}
    chaos_row.record("umask 000", "works, directory 0700, sockets 0600")


def test_closed_standard_streams_are_not_given_to_sockets(start: Starter, chaos_row: Rows) -> None:
    """A print() in a handler must not end up in a connection."""
    server = start(prefix=shell("exec 0<&- 1>&- 2>&-"))
    serves(server)
    found = processes.marked(server.mark)
    assert len(found) >= 4  # gateway, worker, fork server, child
    for process in found:
        for number in range(3):
            target = os.readlink(f"/proc/{process.pid}/fd/{number}")
            assert not target.startswith(("socket:", "anon_inode:")), (process, number, target)
    for process in found[:1] + [p for p in found if p.name.startswith("typhon")]:
        assert {os.readlink(f"/proc/{process.pid}/fd/{n}") for n in range(3)} == {"/dev/null"}
    chaos_row.record("standard streams closed", "works, they are /dev/null")


NOISY = """
from typhon import route

@route('/python/prints')
def prints(request):
    print('x' * 10000, flush=False)
    return 1

@route('/python/raises')
def raises(request):
    raise ValueError('a' * 10000)
"""


def works_with_noise(server: Server) -> None:
    """Handlers that print and raise are answered, native ones too, and nobody is replaced."""
    for _ in range(20):
        assert server.client.get("/python/prints").text == "1"
        assert server.client.get("/python/raises").status_code == 500
        assert server.client.get("/native/hello").status_code == 200
    assert server.reload().returncode == 0
    assert all(worker["restarts"] == 0 for worker in server.status()["workers"])


def test_a_log_on_a_full_disk_stops_nobody(start: Starter, chaos_row: Rows) -> None:
    works_with_noise(start(start.app(noisy=NOISY), prefix=shell("exec >/dev/full 2>&1"), workers=2))
    chaos_row.record("log on a full disk", "works without a log")


def test_a_log_that_nobody_reads_stops_nobody(start: Starter, tmp_path: Path, chaos_row: Rows) -> None:
    """A pipe that is full; the log goes on, and says how much it lacks, once somebody reads again."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    try:
        server = start(start.app(noisy=NOISY), prefix=shell(f"exec >{pipe} 2>&1"), workers=2)
        works_with_noise(server)
        assert len(drained(reader)) > 60_000
        assert server.reload().returncode == 0
        assert b"lines of this log were lost" in drained(reader)
        assert server.stop() == 0
    finally:
        os.close(reader)
    chaos_row.record("log that nobody reads", "works, lines are lost and counted")


def drained(pipe: int) -> bytes:
    """All that is in it."""
    data = b""
    with contextlib.suppress(BlockingIOError):
        while part := os.read(pipe, 1 << 16):
            data += part
    return data


@pytest.fixture
def long_directory() -> Iterator[Path]:
    """120 characters."""
    with public_directory() as public:
        path = public / ("t" * (119 - len(str(public))))
        path.mkdir()
        yield path


def test_a_long_tmpdir_is_too_long_for_sockets_and_another_is_taken(
    start: Starter, long_directory: Path, chaos_row: Rows
) -> None:
    """Neither the gateway's sockets nor those of the pool can be in it."""
    variables = {"TMPDIR": str(long_directory), "XDG_RUNTIME_DIR": str(long_directory)}
    server = start.launch(run_dir=None, variables=variables)
    server.run_dir = Path(f"/tmp/typhon-{os.geteuid()}-p{server.pid}")
    server.wait_ready()
    assert len(str(long_directory)) == 120
    serves(server)
    assert server.stop() == 0
    assert list(long_directory.iterdir()) == []
    chaos_row.record("TMPDIR of 120 characters", "works, run directory in /tmp")


def test_a_run_directory_that_is_too_long_is_named(long_directory: Path, chaos_row: Rows) -> None:
    done = run_typhon("serve", "--app", EXAMPLE_APP, "--venv", VENV, "--run-dir", long_directory / "run")
    assert done.returncode == RUN_DIRECTORY
    assert "too long for a socket" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(long_directory.iterdir()) == []
    chaos_row.record("--run-dir of 124 characters", "one message, exit code 5")


def test_the_gateway_is_a_good_process_1(start: Starter, chaos_row: Rows) -> None:
    """In a pid namespace of its own, as in a container: signals end it, orphans are collected, and a
    killed worker is replaced."""
    server = start(prefix=["unshare", "--pid", "--fork", "--kill-child"], workers=2)
    server.log.allow(r"died")
    serves(server)
    (gateway,) = [child.pid for child in processes.children(server.pid)]
    (namespaces,) = re.findall("^NSpid:(.*)$", Path(f"/proc/{gateway}/status").read_text(), re.MULTILINE)
    assert namespaces.split()[1:] == ["1"]
    victim = next(child.pid for child in processes.children(gateway))
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: [w["restarts"] for w in server.status()["workers"]].count(1) == 1, "a new worker")
    server.wait_ready(2)
    assert not [child for child in processes.children(gateway) if child.is_zombie]
    os.kill(gateway, signal.SIGTERM)
    assert server.wait_exit() == 0
    chaos_row.record("gateway as process 1", "works")
